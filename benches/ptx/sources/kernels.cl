// OpenCL C for clang's nvptx64 target: what LLVM makes of vectors, images' absence, local memory, atomics, builtins.
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#define EACH(X) X(char) X(uchar) X(short) X(ushort) X(int) X(uint) X(long) X(ulong) X(float) X(double)
#define ARITHMETIC(T) kernel void arithmetic_##T(global T *o, global const T *a, T s) { size_t i = __nvvm_read_ptx_sreg_tid_x(); o[i] = a[i] * s + a[i + 1] / (s + (T)1) - a[i + 2]; }
EACH(ARITHMETIC)
#define VECTOR(T) kernel void vector_##T(global T##4 *o, global const T##4 *a, global T##16 *w, local T##2 *l) { int i = __nvvm_read_ptx_sreg_tid_x(); o[i] = a[i].wzyx + a[i + 1] * a[i]; w[i] = w[i].sfedcba9876543210 + w[i + 1]; l[i] = a[i].xy; __syncthreads(); o[i].zw = l[i ^ 1]; }

EACH(VECTOR)
#define CONVERT(T) kernel void convert_##T(global float *f, global double *d, global T *o, global long *l) { o[0] = (T)f[0], o[1] = (T)d[1], f[2] = o[3], d[3] = o[4], l[5] = o[5], o[6] = (T)l[6]; }
EACH(CONVERT)
constant float table[8] = {1, 2, 3, 4, 5, 6, 7, 8};
kernel void spaces(global float *o, local float *l, constant float *c, int n) { float p[24]; for (int i = 0; i < n; i++) p[i % 24] = c[i] + l[i]; o[0] = p[n % 24] + table[n & 7]; }
static int __attribute__((noinline)) recursive(int n, private int *p) { return n ? recursive(n - 1, p) + *p : 1; }
kernel void calls(global int *o, int n) { int v = n; o[0] = recursive(n, &v); switch (n) { case 1: o[1] = 3; break; case 2: o[2] = 5; break; case 3: o[9] = 5; break; case 4: o[2] = 6; break; case 5: o[3] = 8; break; case 6: o[7] = 1; break; } }
struct Big { int a[33]; double d; char c; };
kernel void structures(global struct Big *o, struct Big b, int n) { b.a[n] = n; *o = b; o[1].c = b.c; }
