// CUDA for clang without any header: attributes and builtins only.
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __constant__ __attribute__((constant))
typedef unsigned long long u64;
#define TID __nvvm_read_ptx_sreg_tid_x()
__constant__ int table[16];
__device__ int total;
template <class T> __device__ __attribute__((noinline)) T mix(T a, T b) { return a * b + T(3); }
template <class T> __global__ void work(T *o, const T *a, int n) {
    __shared__ T tile[64];
    tile[TID & 63] = a[TID]; __syncthreads();
    T s = T(0);
    for (int i = 0; i < n; i++) s += mix(tile[i & 63], a[i]) / T(i + 1);
    o[TID] = s > T(4) ? s : T(table[TID & 15]);
}
template __global__ void work(char *, const char *, int); template __global__ void work(short *, const short *, int); template __global__ void work(int *, const int *, int);
template __global__ void work(long long *, const long long *, int); template __global__ void work(float *, const float *, int); template __global__ void work(double *, const double *, int);
template __global__ void work(unsigned *, const unsigned *, int); template __global__ void work(__int128 *, const __int128 *, int); template __global__ void work(_Float16 *, const _Float16 *, int);
__global__ void atomics(int *p, u64 *q, float *f, double *d, unsigned *u) {
    p[1] = __nvvm_atom_add_gen_i(p, 3) + __nvvm_atom_max_gen_i(p, 4) + __nvvm_atom_cas_gen_i(p, 1, 2), q[1] = __nvvm_atom_xchg_gen_ll((long long *)q, 5), f[1] = __nvvm_atom_add_gen_f(f, 1.f), u[1] = __nvvm_atom_inc_gen_ui(u, 9);
    __atomic_fetch_add(p, 1, __ATOMIC_RELAXED), __nvvm_membar_gl(), __nvvm_membar_sys();
}
__global__ void warp(int *o, int x, float f) {
    o[0] = __nvvm_shfl_sync_idx_i32(-1, x, 3, 31) + __nvvm_shfl_sync_bfly_i32(-1, x, 1, 31), o[1] = __nvvm_vote_ballot_sync(-1, x) + __nvvm_vote_any_sync(-1, x), o[2] = __nvvm_match_any_sync_i32(-1, x), __nvvm_bar_warp_sync(-1);
    o[3] = __nvvm_sqrt_rn_f(f) + __nvvm_ex2_approx_f(f) + __nvvm_rcp_rz_f(f) + __nvvm_fma_rm_f(f, f, f) + __nvvm_sin_approx_f(f), o[4] = __builtin_popcount(x) + __builtin_clz(x) + __builtin_ctz(x) + __builtin_bswap32(x) + __builtin_rotateleft32(x, 5) + __nvvm_prmt(x, x, 3);
}
struct S { int a[20]; double d; };
typedef int (*F)(S, int);
__device__ __attribute__((noinline)) int one(S s, int i) { return s.a[i]; }
__device__ __attribute__((noinline)) int two(S s, int i) { return s.d + i; }
__global__ void calls(int *o, S s, int n) { F f[2] = {one, two}; o[0] = f[n & 1](s, n); if (n > 3) asm volatile("trap;"); int local[40]; for (int i = 0; i < 40; i++) local[i] = o[i]; o[1] = local[n]; }
struct V { virtual __device__ int get() { return 1; } }; struct W : V { int x; __device__ int get() override { return x; } };
__global__ void virtual_call(V *v, W *w) { w->x = v->get(), total += w->get(); }
