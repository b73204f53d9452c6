// Matrix instructions: nvcuda::wmma of every element type, and mma, ldmatrix, stmatrix as inline PTX.
#include <cuda_bf16.h>
#include <mma.h>
#include <cstdint>
using namespace nvcuda;

template <class A, class B, class C, int M, int N, int K, class LA, class LB> __global__ void product(const A *a, const B *b, C *c) {
    wmma::fragment<wmma::matrix_a, M, N, K, A, LA> fa;
    wmma::fragment<wmma::matrix_b, M, N, K, B, LB> fb;
    wmma::fragment<wmma::accumulator, M, N, K, C> fc;
    wmma::fill_fragment(fc, C(0));
    for (int i = 0; i < 4; i++) wmma::load_matrix_sync(fa, a + i * M * K, K), wmma::load_matrix_sync(fb, b + i * K * N, N), wmma::mma_sync(fc, fa, fb, fc);
    for (int i = 0; i < fc.num_elements; i++) fc.x[i] = fc.x[i] * C(2);
    wmma::store_matrix_sync(c, fc, N, wmma::mem_row_major);
}
#define SHAPES(A, C) \
    template __global__ void product<A, A, C, 16, 16, 16, wmma::row_major, wmma::col_major>(const A *, const A *, C *); \
    template __global__ void product<A, A, C, 32, 8, 16, wmma::col_major, wmma::row_major>(const A *, const A *, C *); \
    template __global__ void product<A, A, C, 8, 32, 16, wmma::row_major, wmma::row_major>(const A *, const A *, C *);
SHAPES(__half, __half) SHAPES(__half, float) SHAPES(signed char, int) SHAPES(unsigned char, int)
#if __CUDA_ARCH__ >= 800 || !defined(__CUDA_ARCH__)
SHAPES(__nv_bfloat16, float)
template __global__ void product<double, double, double, 8, 8, 4, wmma::row_major, wmma::col_major>(const double *, const double *, double *);

__global__ void tiles(const __half *g, float *out, const int8_t *h) {
    __shared__ __align__(128) __half tile[32 * 32];
    tile[threadIdx.x] = g[threadIdx.x];
    __syncthreads();
    unsigned a[4], b[2], at = (unsigned)__cvta_generic_to_shared(tile + threadIdx.x * 8);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3]) : "r"(at));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];" : "=r"(b[0]), "=r"(b[1]) : "r"(at));
    float d[4] = {};
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    asm volatile("mma.sp.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9,%8,%9}, {%0,%1,%2,%3}, %10, 0x0;"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(a[0]));
    int i[4] = {};
    asm volatile("mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.u8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+r"(i[0]), "+r"(i[1]), "+r"(i[2]), "+r"(i[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    asm volatile("mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+r"(i[0]), "+r"(i[1]), "+r"(i[2]), "+r"(i[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(a[3]) : "r"(a[1]));
    out[threadIdx.x] = d[0] + d[1] + d[2] + d[3] + i[0] + i[1] + i[2] + i[3] + a[3];
}
#endif
