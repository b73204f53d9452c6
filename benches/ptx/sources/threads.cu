// How threads work together: cooperative groups, warp and block primitives, barriers, pipelines, atomics of every scope and order, clusters.
#include <cooperative_groups.h>
#include <cooperative_groups/memcpy_async.h>
#include <cooperative_groups/reduce.h>
#include <cooperative_groups/scan.h>
#include <cuda/atomic>
#include <cuda/barrier>
#include <cuda/pipeline>
#include <cuda/semaphore>
#include <cuda/latch>
namespace cg = cooperative_groups;

template <class T> __global__ void groups(T *o, const T *a) {
    auto block = cg::this_thread_block();
    auto grid = cg::this_grid();
    auto warp = cg::tiled_partition<32>(block);
    auto tile = cg::tiled_partition<8>(block);
    T x = a[grid.thread_rank()];
    o[0] = cg::reduce(warp, x, cg::plus<T>()), o[1] = cg::reduce(tile, x, cg::less<T>()), o[2] = cg::exclusive_scan(tile, x), o[3] = warp.shfl_xor(x, 3);
    o[4] = tile.shfl_down(x, 2), o[5] = tile.any(x > T(0)) + warp.ballot(x > T(1)) + tile.match_any((int)x);
    if (threadIdx.x & 1) { auto active = cg::coalesced_threads(); o[6] = cg::reduce(active, x, cg::plus<T>()) + active.thread_rank(); }
    auto halves = cg::binary_partition(warp, x > T(2));
    o[7] = halves.size(), block.sync(), grid.sync(), o[8] = x;
}
template __global__ void groups(int *, const int *);
template __global__ void groups(float *, const float *);
template __global__ void groups(double *, const double *);
template __global__ void groups(long long *, const long long *);

__global__ void warps(unsigned *o, const unsigned *a, unsigned mask) {
    unsigned x = a[threadIdx.x];
    o[0] = __shfl_sync(mask, x, 3) + __shfl_up_sync(mask, x, 1, 16) + __shfl_down_sync(mask, x, 2) + __shfl_xor_sync(mask, x, 4, 8);
    o[1] = __ballot_sync(mask, x) + __any_sync(mask, x) + __all_sync(mask, x) + __activemask() + __match_any_sync(mask, x);
    int all; o[2] = __match_all_sync(mask, x, &all) + all + __syncthreads_count(x) + __syncthreads_and(x) + __syncthreads_or(x);
    __syncwarp(mask), __threadfence_block(), __threadfence(), __threadfence_system(), __nanosleep(100);
#if __CUDA_ARCH__ >= 800
    o[3] = __reduce_add_sync(mask, x) + __reduce_max_sync(mask, (int)x) + __reduce_xor_sync(mask, x);
#endif
    o[4] = clock() + clock64() + __isGlobal(o) + __isShared(o) + (unsigned)(size_t)__cvta_generic_to_global(o);
    asm volatile("bar.sync 1, 64; bar.arrive 2, 64; barrier.sync 3; bar.red.popc.u32 %0, 0, 1;" : "=r"(o[5]));
}

template <class T, cuda::thread_scope S> __global__ void ordered(T *p, T *o) {
    cuda::atomic_ref<T, S> r(*p);
    o[0] = r.load(cuda::memory_order_acquire), r.store(T(1), cuda::memory_order_release), o[1] = r.fetch_add(T(2), cuda::memory_order_relaxed);
    o[2] = r.exchange(T(3)), o[3] = r.load(cuda::memory_order_seq_cst), o[4] = r.fetch_sub(T(1), cuda::memory_order_acq_rel);
    T want = T(4); o[5] = r.compare_exchange_strong(want, T(5)), o[6] = r.fetch_max(T(9)), cuda::atomic_thread_fence(cuda::memory_order_seq_cst, S);
    if constexpr (std::is_integral_v<T>) o[7] = r.fetch_and(T(6)) + r.fetch_or(T(1)) + r.fetch_xor(T(3)), r.notify_all();
}
#define SCOPES(T) template __global__ void ordered<T, cuda::thread_scope_block>(T *, T *); \
    template __global__ void ordered<T, cuda::thread_scope_device>(T *, T *); template __global__ void ordered<T, cuda::thread_scope_system>(T *, T *);
SCOPES(int) SCOPES(unsigned) SCOPES(long long) SCOPES(unsigned long long) SCOPES(float) SCOPES(double) SCOPES(short) SCOPES(unsigned char)

#define OLD(T, name, call) __global__ void name(T *p, T v) { __shared__ T s[32]; s[threadIdx.x & 31] = v; __syncthreads(); p[1] = call(s, v); p[2] = call(p, v); call(p + 3, v); p[4] = call##_block(p, v); p[5] = call##_system(p, v); }
OLD(int, add_int, atomicAdd) OLD(float, add_float, atomicAdd) OLD(double, add_double, atomicAdd) OLD(unsigned long long, add_long, atomicAdd) OLD(int, min_int, atomicMin)
OLD(unsigned, max_unsigned, atomicMax) OLD(long long, max_long, atomicMax) OLD(unsigned, and_unsigned, atomicAnd) OLD(unsigned, or_unsigned, atomicOr) OLD(unsigned, inc_unsigned, atomicInc)
OLD(unsigned, dec_unsigned, atomicDec) OLD(unsigned long long, xor_long, atomicXor) OLD(int, exch_int, atomicExch) OLD(float, exch_float, atomicExch)
#include <cuda_fp16.h>
#include <cuda_bf16.h>
__global__ void add_half(__half2 *p, __half *q, __nv_bfloat162 *r, unsigned short *c) {
    p[1] = atomicAdd(p, p[2]), q[1] = atomicAdd(q, q[2]), atomicAdd(p + 3, p[4]), c[0] = atomicCAS(c + 1, c[2], c[3]);
#if __CUDA_ARCH__ >= 900
    r[1] = atomicAdd(r, r[2]), ((float4 *)r)[1] = atomicAdd((float4 *)r, ((float4 *)r)[2]), ((float2 *)r)[1] = atomicAdd((float2 *)r, ((float2 *)r)[2]);
#endif
}

template <int Stages> __global__ void pipelined(int *out, const int *in, int n) {
    extern __shared__ int buffer[];
    __shared__ cuda::pipeline_shared_state<cuda::thread_scope_block, Stages> state;
    auto block = cg::this_thread_block();
    auto pipe = cuda::make_pipeline(block, &state);
    for (int i = 0, next = 0; i < n; i++) {
        for (; next < n && next < i + Stages; next++) {
            pipe.producer_acquire();
            cuda::memcpy_async(block, buffer + next % Stages * blockDim.x, in + next * blockDim.x, cuda::aligned_size_t<16>(sizeof(int) * blockDim.x), pipe);
            pipe.producer_commit();
        }
        pipe.consumer_wait(), block.sync(), out[i * blockDim.x + threadIdx.x] = buffer[i % Stages * blockDim.x + threadIdx.x] * 3, pipe.consumer_release();
    }
}
template __global__ void pipelined<2>(int *, const int *, int);
template __global__ void pipelined<4>(int *, const int *, int);
__global__ void barriers(int *out, const int *in) {
    __shared__ cuda::barrier<cuda::thread_scope_block> bar;
    __shared__ int buffer[1024];
    auto block = cg::this_thread_block();
    if (threadIdx.x == 0) init(&bar, blockDim.x);
    block.sync();
    cuda::memcpy_async(block, buffer, in, sizeof(buffer), bar);
    auto token = bar.arrive();
    bar.wait(std::move(token)), out[threadIdx.x] = buffer[threadIdx.x ^ 1], bar.arrive_and_drop();
    cg::memcpy_async(block, buffer, in + 1024, 4096), cg::wait(block), out[threadIdx.x] += buffer[threadIdx.x];
}
#if __CUDA_ARCH__ >= 900
__global__ void __cluster_dims__(2, 1, 1) clusters(int *out) {
    __shared__ int mine[64];
    auto cluster = cg::this_cluster();
    mine[threadIdx.x & 63] = threadIdx.x, cluster.sync();
    int *other = cluster.map_shared_rank(mine, cluster.block_rank() ^ 1);
    out[threadIdx.x] = other[threadIdx.x & 63] + cluster.num_blocks(), atomicAdd(other, 1), cluster.barrier_arrive(), cluster.barrier_wait();
}
__global__ void bulk(int *out, const int *in) {
    __shared__ __align__(16) int buffer[256];
    __shared__ cuda::barrier<cuda::thread_scope_block> bar;
    if (threadIdx.x == 0) init(&bar, blockDim.x), cuda::device::experimental::fence_proxy_async_shared_cta();
    __syncthreads();
    cuda::barrier<cuda::thread_scope_block>::arrival_token token;
    if (threadIdx.x == 0) cuda::device::experimental::cp_async_bulk_global_to_shared(buffer, in, sizeof(buffer), bar), token = cuda::device::barrier_arrive_tx(bar, 1, sizeof(buffer));
    else token = bar.arrive();
    bar.wait(std::move(token)), buffer[threadIdx.x] *= 2, cuda::device::experimental::fence_proxy_async_shared_cta(), __syncthreads();
    if (threadIdx.x == 0) cuda::device::experimental::cp_async_bulk_shared_to_global(out, buffer, sizeof(buffer)), cuda::device::experimental::cp_async_bulk_commit_group(), cuda::device::experimental::cp_async_bulk_wait_group_read<0>();
}
#endif
