// Every function of the CUDA math library and the integer intrinsics, for one type a kernel.
#include <cuda_fp16.h>
#include <cuda_bf16.h>
#include <cuda_fp8.h>
#include <cuda_fp6.h>
#include <cuda_fp4.h>

#define ONE(name) extern "C" __global__ void name##_float(float *o, const float *a) { o[threadIdx.x] = name##f(a[threadIdx.x]); } \
    extern "C" __global__ void name##_double(double *o, const double *a) { o[threadIdx.x] = name(a[threadIdx.x]); }
#define TWO(name) extern "C" __global__ void name##_float(float *o, const float *a) { o[threadIdx.x] = name##f(a[threadIdx.x], a[threadIdx.x + 32]); } \
    extern "C" __global__ void name##_double(double *o, const double *a) { o[threadIdx.x] = name(a[threadIdx.x], a[threadIdx.x + 32]); }
ONE(sin) ONE(cos) ONE(tan) ONE(asin) ONE(acos) ONE(atan) ONE(sinh) ONE(cosh) ONE(tanh) ONE(asinh) ONE(acosh) ONE(atanh)
ONE(exp) ONE(exp2) ONE(exp10) ONE(expm1) ONE(log) ONE(log2) ONE(log10) ONE(log1p) ONE(logb) ONE(sqrt) ONE(rsqrt) ONE(cbrt) ONE(rcbrt)
ONE(erf) ONE(erfc) ONE(erfinv) ONE(erfcinv) ONE(erfcx) ONE(normcdf) ONE(normcdfinv) ONE(lgamma) ONE(tgamma) ONE(j0) ONE(j1) ONE(y0) ONE(y1)
ONE(floor) ONE(ceil) ONE(trunc) ONE(round) ONE(rint) ONE(nearbyint) ONE(fabs) ONE(sinpi) ONE(cospi) ONE(cyl_bessel_i0) ONE(cyl_bessel_i1)
TWO(pow) TWO(fmod) TWO(remainder) TWO(atan2) TWO(hypot) TWO(rhypot) TWO(fmin) TWO(fmax) TWO(fdim) TWO(copysign) TWO(nextafter)

template <class T> __global__ void half_functions(T *o, const T *a, unsigned *m) {
    int i = threadIdx.x;
    T x = a[i], y = a[i + 32], z = a[i + 64];
    o[i] = __hfma(x, y, z), o[i + 32] = hsin(x) + hcos(y) * hexp(z) / hlog(x), o[i + 64] = htanh(x) - hsqrt(y) + hrcp(z) + hrsqrt(x);
    o[i + 96] = __hmax(__hmin_nan(x, y), __hmax_nan(y, z)), o[i + 128] = __hfma_relu(x, y, z), o[i + 160] = hfloor(x) + hceil(y) + hrint(z) + htrunc(x);
    m[i] = (x < y) + (x >= z) + __hisnan(x) + (unsigned)x + (unsigned long long)y + (short)z, o[i + 192] = T((int)m[i]), o[i + 193] = T((long long)m[i]);
}
template __global__ void half_functions(__half *, const __half *, unsigned *);
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
template __global__ void half_functions(__nv_bfloat16 *, const __nv_bfloat16 *, unsigned *);
#endif
template <class T> __global__ void pair_functions(T *o, const T *a, unsigned *m) {
    int i = threadIdx.x;
    T x = a[i], y = a[i + 32], z = a[i + 64];
    o[i] = __hfma2(x, y, z), o[i + 32] = __hadd2_sat(x, y), o[i + 64] = h2exp(x), o[i + 96] = h2log(y), o[i + 128] = h2rcp(z);
    o[i + 160] = __hmax2(__hmin2_nan(x, y), z), o[i + 192] = __hfma2_relu(x, y, z), m[i] = __hgt2_mask(x, y) ^ __hneu2_mask(y, z) ^ __hbeq2(x, z);
    o[i + 224] = __habs2(__hneg2(x)), o[i + 256] = __lowhigh2highlow(y), o[i + 288] = __hcmadd(x, y, z);
}
template __global__ void pair_functions(__half2 *, const __half2 *, unsigned *);
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
template __global__ void pair_functions(__nv_bfloat162 *, const __nv_bfloat162 *, unsigned *);
#endif
template <class T> __global__ void small_float(T *o, const float *a, float *b) {
    o[threadIdx.x] = T(a[threadIdx.x]), b[threadIdx.x] = float(o[threadIdx.x + 32]);
}
template __global__ void small_float(__nv_fp8_e4m3 *, const float *, float *);
template __global__ void small_float(__nv_fp8_e5m2 *, const float *, float *);
template __global__ void small_float(__nv_fp6_e2m3 *, const float *, float *);
template __global__ void small_float(__nv_fp6_e3m2 *, const float *, float *);
template __global__ void small_float(__nv_fp4_e2m1 *, const float *, float *);
__global__ void packed_small(__nv_fp8x4_e4m3 *o, __nv_fp8x2_e5m2 *p, const float4 *a, const float2 *b, float4 *c) {
    o[0] = __nv_fp8x4_e4m3(a[0]), p[0] = __nv_fp8x2_e5m2(b[0]), c[0] = o[1].operator float4();
}

#define INTEGER(T, name, expression) extern "C" __global__ void name(T *o, const T *p) { int i = threadIdx.x; T a = p[i], b = p[i + 32], c = p[i + 64]; (void)b; (void)c; o[i] = expression; }
INTEGER(unsigned, u1, __clz(a) + __ffs(b) + __popc(c) + __brev(a) + __byte_perm(a, b, c) + __funnelshift_l(a, b, c) + __funnelshift_rc(a, b, c))
INTEGER(unsigned, u2, __umulhi(a, b) + __usad(a, b, c) + __uhadd(a, b) + __umul24(b, c) + __dp4a(a, b, c) + __dp2a_lo(a, b, c) + __dp2a_hi(a, b, c))
INTEGER(unsigned, u3, __vadd2(a, b) ^ __vaddss2(b, c) ^ __vabsdiffu4(a, c) ^ __vavgs2(a, b) ^ __vcmpgts4(b, c) ^ __vmaxu2(a, c) ^ __vsetltu4(a, b) ^ __vsub4(a, b) ^ __vsads4(a, b))
INTEGER(unsigned, u4, __viaddmax_u32(a, b, c) + __vimin3_u32(a, b, c) + __vimax3_u16x2(a, b, c) + __viaddmin_s16x2_relu(a, b, c))
INTEGER(int, s1, __mulhi(a, b) + __sad(a, b, c) + __rhadd(a, c) + a / b + a % c + abs(a) + min(a, b) + max(b, c))
INTEGER(long long, s2, __mul64hi(a, b) + __clzll(a) + __ffsll(b) + __popcll(c) + (long long)__brevll(a) + a / b + a % c + llabs(c) + (a << (b & 63)) + (b >> (c & 63)))
INTEGER(unsigned long long, u5, __umul64hi(a, b) + a / b + a % c + min(a, b) + max(b, c))
INTEGER(short, s3, a * b + c / 3 + (a >> 2)) INTEGER(unsigned char, u6, a * b + c / 3 + (a >> 2))
INTEGER(__int128, s4, a * b + c / a + (a >> 7) + (b % c)) INTEGER(unsigned __int128, u7, a * b - c)
INTEGER(float, f1, __fmaf_rz(a, b, c) + __fadd_ru(a, b) + __fmul_rd(b, c) + __frcp_rn(a) + __fsqrt_rz(b) + __fdividef(a, b) + __sinf(a) + __expf(b) + __log2f(c) + __powf(a, b) + __saturatef(c) + __fdiv_ru(a, b))
INTEGER(double, d1, __fma_rz(a, b, c) + __dadd_ru(a, b) + __dmul_rd(b, c) + __drcp_rn(a) + __dsqrt_rz(b) + __ddiv_rd(a, b))
extern "C" __global__ void conversions(float *f, double *d, int *i, unsigned *u, long long *l, unsigned long long *v, short *s, unsigned char *c) {
    f[0] = __double2float_rz(d[0]), f[1] = __int2float_ru(i[0]), f[2] = __ull2float_rd(v[0]), i[1] = __float2int_rn(f[3]), u[1] = __double2uint_ru(d[1]);
    l[1] = __float2ll_rz(f[4]), v[1] = __double2ull_rn(d[2]), d[3] = __longlong_as_double(l[2]), d[4] = __hiloint2double(i[2], i[3]), i[4] = __double2hiint(d[5]);
    s[0] = f[5], c[0] = d[6], f[6] = s[1], d[7] = c[1], i[5] = __float_as_int(f[7]), f[8] = __uint_as_float(u[2]), l[3] = s[2], c[2] = i[6], f[9] = c[3];
}
