// Atomics, their scopes and sizes, and ordinary accesses beside them.
#include "pair.h"

KERNEL(atomic_block_scope)(u32 *y) {
    BUG(atomicAdd_block(y, 1);)
    FIX(atomicAdd(y, 1);)
}

KERNEL(atomic_block_scope_own)(u32 *y) {
    atomicAdd_block(y + BUG(0) FIX(blockIdx.x), 1);
}

KERNEL(atomic_and_plain_read)(u32 *count, u32 *y) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(count, 1);
    BUG(y[i] = count[0];)
    FIX(y[i] = *(volatile u32 *)count;)
}

KERNEL(atomic_and_plain_reset)(u32 *count) {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        BUG(count[0] = 5;)
        FIX(atomicExch(count, 5);)
    } else {
        atomicMax(count, threadIdx.x);
    }
}

KERNEL(plain_increment)(u32 *count) {
    BUG(count[0] += 1;)
    FIX(atomicAdd(count, 1);)
}

KERNEL(mixed_size)(u64 *x, u32 *y) {
    if (blockIdx.x == 0) {
        atomicAdd(x, 1ull << 32 | threadIdx.x);
    } else {
        u64 v;
        BUG(u32 low; asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(low) : "l"(x) : "memory"); v = low;)
        FIX(asm volatile("ld.relaxed.gpu.u64 %0, [%1];" : "=l"(v) : "l"(x) : "memory");)
        y[threadIdx.x] = (u32)v;
    }
}

KERNEL(max_without_atomic)(const u32 *x, u32 *y) {
    u32 v = x[blockIdx.x * blockDim.x + threadIdx.x];
    BUG(if (v > y[0]) y[0] = v;)
    FIX(atomicMax(y, v);)
}

KERNEL(append)(const u32 *x, u32 *count, u32 *y) {
    // Places in the output are handed out by a counter.
    u32 v = x[blockIdx.x * blockDim.x + threadIdx.x];
    if (v % 3 == 0) {
        BUG(u32 i = v / 9;)
        FIX(u32 i = atomicAdd(count, 1);)
        y[i] = v;
    }
}

KERNEL(shared_flag_atomic)(const u32 *x, u32 *y) {
    // An atomic flag in shared memory with and without a fence around the data.
    __shared__ u32 flag, data;
    if (threadIdx.x == 0) flag = 0;
    __syncthreads();
    if (threadIdx.x == 0) {
        data = x[0];
        FIX(__threadfence_block();)
        atomicExch(&flag, 1);
    } else if (threadIdx.x == 64) {
        while (atomicAdd(&flag, 0) == 0) {}
        FIX(__threadfence_block();)
        y[0] = data;
    }
}
