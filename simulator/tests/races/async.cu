// Asynchronous copies into shared memory, and mbarriers.
#include "pair.h"

__device__ __forceinline__ void copy16(void *to, const void *from) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from) : "memory");
}
__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int N> __device__ __forceinline__ void wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }

__device__ __forceinline__ void barrier_init(u64 *b, u32 count) {
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(b)), "r"(count) : "memory");
}
__device__ __forceinline__ void barrier_arrive(u64 *b) {
    asm volatile("{ .reg .b64 t; mbarrier.arrive.shared.b64 t, [%0]; }" ::"r"(shared_address(b)) : "memory");
}
__device__ __forceinline__ void barrier_wait(u64 *b, u32 parity) {
    asm volatile("{ .reg .pred p; W: mbarrier.test_wait.parity.shared.b64 p, [%0], %1; @!p bra W; }" ::"r"(shared_address(b)),
                 "r"(parity)
                 : "memory");
}

KERNEL(copy_not_waited)(const uint4 *x, u32 *y) {
    __shared__ uint4 s[64];
    int t = threadIdx.x;
    copy16(&s[t], &x[t]);
    commit();
    FIX(wait<0>();)
    y[t] = s[t].x;
}

KERNEL(copy_no_barrier)(const uint4 *x, u32 *y) {
    __shared__ uint4 s[64];
    int t = threadIdx.x;
    copy16(&s[t], &x[t]);
    commit();
    wait<0>();
    FIX(__syncthreads();)
    y[t] = s[63 - t].y;
}

KERNEL(copy_barrier_no_wait)(const uint4 *x, u32 *y) {
    __shared__ uint4 s[64];
    int t = threadIdx.x;
    copy16(&s[t], &x[t]);
    commit();
    FIX(wait<0>();)
    __syncthreads();
    y[t] = s[63 - t].y;
}

KERNEL(copy_wait_one_too_few)(const uint4 *x, u32 *y) {
    __shared__ uint4 s[2][32];
    int t = threadIdx.x;
    u32 sum = 0;
    copy16(&s[0][t], &x[t]);
    commit();
    for (int i = 0; i < 4; i++) {
        if (i + 1 < 4) copy16(&s[(i + 1) % 2][t], &x[(i + 1) * 32 + t]);
        commit();
        wait<BUG(2) FIX(1)>();
        __syncthreads();
        sum += s[i % 2][31 - t].x;
        __syncthreads();
    }
    y[t] = sum;
}

KERNEL(copy_into_read_buffer)(const uint4 *x, u32 *y) {
    __shared__ uint4 s[2][64];
    int t = threadIdx.x;
    u32 sum = 0;
    copy16(&s[0][t], &x[t]);
    commit();
    for (int i = 0; i < 4; i++) {
        if (i + 1 < 4) copy16(&s[(i + 1) % 2][t], &x[(i + 1) * 64 + t]);
        commit();
        wait<1>();
        __syncthreads();
        sum += s[i % 2][63 - t].x;
        FIX(__syncthreads();)
    }
    y[t] = sum;
}

KERNEL(copy_source_overwritten)(uint4 *x, u32 *y) {
    // The copy may still read what the thread writes.
    __shared__ uint4 s[32];
    int t = threadIdx.x;
    copy16(&s[t], &x[t]);
    commit();
    FIX(wait<0>();)
    x[t] = make_uint4(t, t, t, t);
    BUG(wait<0>();)
    y[t] = s[t].x;
}

KERNEL(mbarrier_not_waited)(const u32 *x, u32 *y) {
    __shared__ u64 full;
    __shared__ u32 s[32];
    int t = threadIdx.x;
    if (t == 0) barrier_init(&full, 32);
    __syncthreads();
    if (t < 32) {
        s[t] = x[t];
        barrier_arrive(&full);
    } else {
        FIX(barrier_wait(&full, 0);)
        y[t] = s[t - 32];
    }
}

KERNEL(mbarrier_early_arrival)(const u32 *x, u32 *y) {
    __shared__ u64 full;
    __shared__ u32 s[32];
    int t = threadIdx.x;
    if (t == 0) barrier_init(&full, 32);
    __syncthreads();
    if (t < 32) {
        BUG(barrier_arrive(&full);)
        s[t] = x[t];
        FIX(barrier_arrive(&full);)
    } else {
        barrier_wait(&full, 0);
        y[t] = s[t - 32];
    }
}

KERNEL(mbarrier_init_unordered)(const u32 *x, u32 *y) {
    // Warp 1 may arrive before it exists.
    __shared__ u64 full;
    int t = threadIdx.x;
    if (t == 0) barrier_init(&full, 64);
    FIX(__syncthreads();)
    BUG(__syncwarp();)
    if (t >= 32) for (int i = 0; i < 64; i++) y[t] = x[t] + i;
    barrier_arrive(&full);
    y[t] = x[t];
}

KERNEL(mbarrier_pipeline)(const u32 *x, u32 *y) {
    // A ring of two stages; a stage may be handed back only when it has been read.
    __shared__ u64 full[2], empty[2];
    __shared__ u32 s[2][32];
    int t = threadIdx.x, lane = t % 32;
    if (t == 0)
        for (int i = 0; i < 2; i++) {
            barrier_init(&full[i], 32);
            barrier_init(&empty[i], 32);
        }
    __syncthreads();
    if (t < 32) {
        for (int i = 0; i < 6; i++) {
            if (i >= 2) barrier_wait(&empty[i % 2], (i / 2 - 1) & 1);
            s[i % 2][lane] = x[i * 32 + lane];
            barrier_arrive(&full[i % 2]);
        }
    } else {
        u32 sum = 0;
        for (int i = 0; i < 6; i++) {
            barrier_wait(&full[i % 2], i / 2 & 1);
            BUG(barrier_arrive(&empty[i % 2]);)
            sum += s[i % 2][31 - lane];
            FIX(barrier_arrive(&empty[i % 2]);)
        }
        y[lane] = sum;
    }
}

KERNEL(mbarrier_copies)(const uint4 *x, u32 *y) {
    // Copies arrive on the mbarrier themselves; an ordinary arrival does not carry them.
    __shared__ u64 full;
    __shared__ uint4 s[32];
    int t = threadIdx.x;
    if (t == 0) barrier_init(&full, 32);
    __syncthreads();
    if (t < 32) {
        copy16(&s[t], &x[t]);
        BUG(barrier_arrive(&full);)
        FIX(asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(&full)) : "memory");)
    } else {
        barrier_wait(&full, 0);
        y[t] = s[t - 32].x;
    }
}
