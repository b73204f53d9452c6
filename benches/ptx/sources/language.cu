// What C++ device code becomes: calls, recursion, virtual functions, switches, structures by value, spaces, printf, assert, malloc, textures.
#include <cstdio>
#include <cassert>
#include <cuda_runtime.h>
struct Large { int a[40]; double b; char c; };
struct __align__(16) Vector { float x, y, z, w; };
union Bits { double d; unsigned char c[8]; };
__constant__ float weights[64] = {1, 2, 3.5f};
__constant__ const char *const names[] = {"one", "two"};
__device__ int counter = 7;
__device__ int *pointer = &counter;
__device__ volatile unsigned flags[4][2][3];
__managed__ long long shared_with_host;
__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__device__ __noinline__ Large change(Large l, int i) { l.a[i] += i, l.b *= 2, l.c ^= 1; return l; }
__device__ __noinline__ Vector turn(Vector v) { return {v.y, v.z, v.w, v.x}; }
struct Shape { __device__ virtual float area() const = 0; __device__ virtual ~Shape() {} };
struct Square : Shape { float s; __device__ Square(float s) : s(s) {} __device__ float area() const override { return s * s; } };
struct Circle : Shape { float r; __device__ Circle(float r) : r(r) {} __device__ float area() const override { return 3.14f * r * r; } };
typedef int (*Function)(int);
__device__ int twice(int x) { return 2 * x; }
__device__ int square(int x) { return x * x; }
__device__ Function functions[] = {twice, square, fibonacci};
extern "C" __global__ void calls(int *o, Large l, Vector v, int n) {
    o[0] = fibonacci(n), o[1] = functions[n % 3](n), o[2] = change(l, n & 31).a[n & 7], o[3] = turn(v).x;
    Shape *s = n & 1 ? (Shape *)new Square(n) : (Shape *)new Circle(n);
    o[4] = s->area(), delete s, o[5] = *pointer + weights[n & 63] + names[n & 1][0] + flags[n & 3][1][2], shared_with_host = n;
}
extern "C" __global__ void choices(int *o, const int *a) {
    switch (a[threadIdx.x]) { case 0: o[0] = 1; break; case 1: o[1] = 5; break; case 2: o[2] = a[7]; break; case 3: o[3] = a[9] * 3; break; case 4: o[4] = 11; break; case 5: o[5] = a[1]; break;
        case 6: o[6] = 13; break; case 7: o[7] = a[3]; break; case 8: o[8] = 2; break; case 9: o[9] = o[8] + 1; break; default: o[10] = 3; }
    for (int i = 0; i < a[1]; i++) { if (a[i] == 3) continue; if (a[i] > 9) break; o[i] += a[i]; }
    int local[50]; for (int i = 0; i < 50; i++) local[i] = a[i]; o[11] = local[a[12] & 31];
    Bits b; b.d = a[2]; o[12] = b.c[a[3] & 7]; char text[16]; for (int i = 0; i < 15; i++) text[i] = 'a' + i; o[13] = text[a[4] & 15];
}
extern "C" __global__ void __launch_bounds__(256, 2) bounded(float *o, const float *__restrict__ a, const float4 *__restrict__ b) {
    extern __shared__ float dynamic[];
    __shared__ double fixed[32][33];
    dynamic[threadIdx.x] = __ldg(a + threadIdx.x), fixed[threadIdx.x & 31][threadIdx.y] = a[threadIdx.x], __syncthreads();
    float4 v = b[threadIdx.x]; o[threadIdx.x] = dynamic[threadIdx.x ^ 1] + fixed[threadIdx.y][threadIdx.x & 31] + v.x + v.w + __ldcs(a) + __ldcg(a + 1) + __ldca(a + 2) + __ldlu(a + 3) + __ldcv(a + 4);
    __stcs(o, 1.f), __stwt(o + 1, 2.f), __stcg(o + 2, 3.f), __stwb(o + 3, 4.f), ((float2 *)o)[9] = make_float2(1, 2), ((double2 *)o)[9] = make_double2(1, 2), ((char4 *)o)[77] = make_char4(1, 2, 3, 4);
    for (int i = 0; i < 16; i++) o[i + 99] += a[i] * dynamic[i];
}
extern "C" __global__ void speaks(int n, const char *s) {
    printf("%d %s %f\n", n, s, 1.5), assert(n < 4);
    void *p = malloc(n); memset(p, 1, n); memcpy(p, s, n); free(p);
    if (n == 9) __trap(); if (n == 11) __brkpt(); if (n == 12) asm volatile("exit;");
    int *q = (int *)alloca(n * 4); q[n - 1] = 3; printf("%d\n", q[n / 2]);
}
extern "C" __global__ void special(unsigned *o) {
    unsigned v; o[0] = threadIdx.x + threadIdx.y + threadIdx.z + blockIdx.x + blockIdx.y + blockIdx.z + blockDim.x + blockDim.y + blockDim.z + gridDim.x + gridDim.y + gridDim.z + warpSize;
    asm("mov.u32 %0, %%laneid;" : "=r"(v)); o[1] = v; asm("mov.u32 %0, %%warpid;" : "=r"(v)); o[2] = v; asm("mov.u32 %0, %%smid;" : "=r"(v)); o[3] = v; asm("mov.u32 %0, %%lanemask_lt;" : "=r"(v)); o[4] = v;
    asm("mov.u32 %0, %%dynamic_smem_size;" : "=r"(v)); o[5] = v; asm("{ .reg .pred p; setp.ne.u32 p, %1, 0; @p mov.u32 %0, 3; @!p mov.u32 %0, 4; }" : "=r"(v) : "r"(o[6])); o[7] = v;
    unsigned long long t; asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(t)); o[8] = t; asm("prefetch.global.L2 [%0];" ::"l"(o)); asm("discard.global.L2 [%0], 128;" ::"l"(o));
}
extern "C" __global__ void sampled(cudaTextureObject_t t, cudaSurfaceObject_t s, float4 *o, float x, float y) {
    o[0] = tex1D<float4>(t, x), o[1] = tex2D<float4>(t, x, y), o[2] = tex3D<float4>(t, x, y, x), o[3] = tex2DLod<float4>(t, x, y, 1.f), o[4] = tex2DLayered<float4>(t, x, y, 3), o[5] = texCubemap<float4>(t, x, y, x);
    o[6] = tex2Dgather<float4>(t, x, y, 2), o[7] = tex2DGrad<float4>(t, x, y, make_float2(1, 2), make_float2(3, 4)), o[8].x = tex1Dfetch<float>(t, 7), o[9].x = tex2D<unsigned char>(t, x, y);
    surf2Dwrite(o[0], s, 16, 2), surf1Dwrite(o[1].x, s, 4), surf2Dread(&o[10], s, 16, 3), surf3Dread(&o[11].x, s, 4, 5, 6, cudaBoundaryModeClamp), surf2DLayeredwrite(o[12], s, 16, 1, 2, cudaBoundaryModeTrap);
}
template <class F> __global__ void apply(F f, float *p) { p[threadIdx.x] = f(p[threadIdx.x]); }
void launch(float k) { apply<<<1, 32>>>([k] __device__(float x) { return x * k; }, nullptr); }
