// Named and partial barriers.
#include "pair.h"

__device__ __forceinline__ void sync_named(int id, int threads) {
    asm volatile("barrier.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
__device__ __forceinline__ void arrive_named(int id, int threads) {
    asm volatile("barrier.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

KERNEL(partial_barrier)(const u32 *x, u32 *y) {
    // Two of three warps meet; the third reads too.
    __shared__ u32 s[64];
    int t = threadIdx.x;
    if (t < 64) {
        s[t] = x[t];
        BUG(sync_named(1, 64);)
        FIX(sync_named(1, 96);)
        y[t] = s[63 - t];
    } else {
        FIX(sync_named(1, 96);)
        y[t] = s[t - 64];
    }
}

KERNEL(producer_consumer)(const u32 *x, u32 *y) {
    __shared__ u32 s[32];
    int t = threadIdx.x;
    if (t < 32) {
        BUG(arrive_named(1, 64);)
        s[t] = x[t];
        FIX(arrive_named(1, 64);)
    } else {
        sync_named(1, 64);
        y[t] = s[t - 32];
    }
}

KERNEL(producer_consumer_ring)(const u32 *x, u32 *y) {
    // Barrier 1: full, barrier 2: empty.
    __shared__ u32 s[32];
    int t = threadIdx.x;
    u32 sum = 0;
    for (int i = 0; i < 3; i++) {
        if (t < 32) {
            if (i > 0) sync_named(2, 64);
            s[t] = x[i * 32 + t];
            arrive_named(1, 64);
        } else {
            sync_named(1, 64);
            // The stage may be handed back only when it has been read.
            BUG(if (i < 2) arrive_named(2, 64);)
            sum += s[63 - t];
            FIX(if (i < 2) arrive_named(2, 64);)
        }
    }
    if (t >= 32) y[t] = sum;
}

KERNEL(two_teams)(const u32 *x, u32 *y) {
    // Two teams of two warps, each with its own barrier and half of the buffer.
    __shared__ u32 s[128];
    int t = threadIdx.x, team = t / 64;
    s[t] = x[t];
    sync_named(1 + team, 64);
    BUG(y[t] = s[127 - t];)
    FIX(y[t] = s[team * 64 + 63 - t % 64];)
}

KERNEL(barrier_reduction)(const u32 *x, u32 *y) {
    // barrier.red is a barrier like any other.
    __shared__ u32 s[64];
    int t = threadIdx.x;
    s[t] = x[t];
    BUG(u32 any = __any_sync(0xffffffff, x[t] > 3);)
    FIX(u32 any = __syncthreads_or(x[t] > 3);)
    y[t] = s[63 - t] + any;
}
