// What lanes of a warp may assume of each other: nothing without a barrier.
#include "pair.h"

KERNEL(warp_tail)(const u32 *x, u32 *y) {
    __shared__ u32 s[64];
    int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    if (t < 32) {
        for (int step = 32; step > 0; step >>= 1) {
            u32 v = s[t] + s[t + step];
            FIX(__syncwarp();)
            if (t < step) s[t] = v;
            FIX(__syncwarp();)
        }
        if (t == 0) y[0] = s[0];
    }
}

KERNEL(warp_broadcast)(const u32 *x, u32 *y) {
    __shared__ u32 s[4];
    int t = threadIdx.x, warp = t / 32;
    if (t % 32 == 0) s[warp] = x[t];
    FIX(__syncwarp();)
    y[t] = s[warp];
}

KERNEL(warp_volatile)(const u32 *x, u32 *y) {
    // Volatile accesses are strong: unordered, but no data race.
    __shared__ u32 plain[32];
    FIX(volatile) u32 *s = plain;
    int t = threadIdx.x;
    s[t] = x[t];
    asm volatile("" ::: "memory");
    y[t] = s[31 - t];
}

KERNEL(shuffle_orders_nothing)(const u32 *x, u32 *y) {
    __shared__ u32 s[32];
    int t = threadIdx.x;
    s[t] = x[t];
    u32 v = __shfl_down_sync(0xffffffff, x[t], 1);
    FIX(__syncwarp();)
    y[t] = s[31 - t] + v;
}

KERNEL(ballot_orders_nothing)(const u32 *x, u32 *y) {
    __shared__ u32 s[32];
    int t = threadIdx.x;
    s[t] = x[t];
    u32 v = __ballot_sync(0xffffffff, x[t] & 1);
    FIX(__syncwarp();)
    y[t] = s[31 - t] + v;
}

KERNEL(partial_mask)(const u32 *x, u32 *y) {
    __shared__ u32 s[32];
    int t = threadIdx.x;
    s[t] = x[t];
    __syncwarp(t < 16 ? 0x0000ffffu : 0xffff0000u);
    y[t] = s[BUG((t + 16) % 32) FIX(t ^ 1)];
}

KERNEL(warp_tile_reuse)(const u32 *x, u32 *y) {
    __shared__ u32 s[2][32];
    int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    u32 sum = 0;
    for (int round = 0; round < 3; round++) {
        s[warp][lane] = x[threadIdx.x] + round;
        __syncwarp();
        sum += s[warp][31 - lane];
        FIX(__syncwarp();)
    }
    y[threadIdx.x] = sum;
}

KERNEL(branches_of_a_warp)(const u32 *x, u32 *y) {
    __shared__ u32 s[16];
    int t = threadIdx.x;
    if (t < 16) s[t] = x[t];
    FIX(__syncwarp();)
    if (t >= 16) y[t] = s[t - 16];
}

KERNEL(warp_reads_other_warp)(const u32 *x, u32 *y) {
    __shared__ u32 s[64];
    int t = threadIdx.x;
    s[t] = x[t];
    BUG(__syncwarp();)
    FIX(__syncthreads();)
    y[t] = s[63 - t];
}

KERNEL(lane_chain)(const u32 *x, u32 *y) {
    // Lane by lane, each adds to what the one before it left.
    __shared__ u32 s[32];
    int t = threadIdx.x;
    s[t] = x[t];
    for (int lane = 1; lane < 32; lane++) {
        FIX(__syncwarp();)
        if (t == lane) s[t] += s[t - 1];
    }
    y[t] = s[t];
}
