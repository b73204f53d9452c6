// Clusters: the cluster's barrier and distributed shared memory.
#include "pair.h"

__device__ __forceinline__ u32 rank() { u32 r; asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(r)); return r; }
__device__ __forceinline__ void cluster_arrive() { asm volatile("barrier.cluster.arrive.aligned;" ::: "memory"); }
__device__ __forceinline__ void cluster_wait() { asm volatile("barrier.cluster.wait.aligned;" ::: "memory"); }
__device__ __forceinline__ void cluster_sync() { cluster_arrive(); cluster_wait(); }
__device__ __forceinline__ u32 load_remote(const u32 *p, u32 rank) {
    u32 address, value;
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(address) : "r"(shared_address(p)), "r"(rank));
    asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(value) : "r"(address) : "memory");
    return value;
}

KERNEL(cluster_read)(const u32 *x, u32 *y) {
    __shared__ u32 s[64];
    int t = threadIdx.x, i = blockIdx.x * 64 + t;
    s[t] = x[i];
    BUG(__syncthreads();)
    FIX(cluster_sync();)
    y[i] = load_remote(&s[63 - t], rank() ^ 1);
    cluster_sync();
}

KERNEL(cluster_write_after_read)(const u32 *x, u32 *y) {
    __shared__ u32 s[64];
    int t = threadIdx.x, i = blockIdx.x * 64 + t;
    s[t] = x[i];
    cluster_sync();
    u32 v = load_remote(&s[t], rank() ^ 1);
    FIX(cluster_sync();)
    s[t] = v + 1;
    y[i] = v;
    cluster_sync();
}

KERNEL(cluster_split_barrier)(const u32 *x, u32 *y) {
    // What is written between arrive and wait is not carried by that barrier.
    __shared__ u32 s[64];
    int t = threadIdx.x, i = blockIdx.x * 64 + t;
    FIX(s[t] = x[i];)
    cluster_arrive();
    BUG(s[t] = x[i];)
    cluster_wait();
    y[i] = load_remote(&s[t], rank() ^ 1);
    cluster_sync();
}

KERNEL(cluster_global)(u32 *x, u32 *y) {
    // The cluster's barrier orders global memory too.
    int t = threadIdx.x, i = blockIdx.x * 64 + t;
    x[i] = i;
    BUG(__syncthreads();)
    FIX(cluster_sync();)
    y[i] = x[i ^ 64];
}

KERNEL(cluster_atomic_scope)(u32 *y) {
    // Blocks 0 and 1 are one cluster, 2 and 3 another.
    u32 *p = y + BUG(0) FIX(blockIdx.x / 2);
    asm volatile("red.relaxed.cluster.global.add.u32 [%0], 1;" ::"l"(p) : "memory");
}
