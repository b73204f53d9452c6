// Global memory between blocks: flags, locks, counters, barriers of the grid.
#include "pair.h"

KERNEL(same_place)(u32 *y) {
    u32 i = BUG(threadIdx.x) FIX(blockIdx.x * blockDim.x + threadIdx.x);
    y[i] = blockIdx.x;
}

KERNEL(stencil_in_place)(u32 *x, u32 *y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    u32 left = i > 0 ? x[i - 1] : 0;
    BUG(x[i] = left + 1;)
    FIX(y[i] = left + 1;)
}

KERNEL(flag_without_fence)(u32 *data, volatile u32 *flag, u32 *y) {
    if (blockIdx.x == 0) {
        data[0] = 42;
        FIX(__threadfence();)
        *flag = 1;
    } else {
        while (*flag == 0) {}
        FIX(__threadfence();)
        y[0] = data[0];
    }
}

KERNEL(flag_reader_without_fence)(u32 *data, volatile u32 *flag, u32 *y) {
    if (blockIdx.x == 0) {
        data[0] = 42;
        __threadfence();
        *flag = 1;
    } else {
        while (*flag == 0) {}
        FIX(__threadfence();)
        y[0] = data[0];
    }
}

KERNEL(flag_block_fence)(u32 *data, volatile u32 *flag, u32 *y) {
    if (blockIdx.x == 0) {
        data[0] = 42;
        BUG(__threadfence_block();)
        FIX(__threadfence();)
        *flag = 1;
    } else {
        while (*flag == 0) {}
        __threadfence();
        y[0] = data[0];
    }
}

KERNEL(flag_release_acquire)(u32 *data, u32 *flag, u32 *y) {
    if (blockIdx.x == 0) {
        data[0] = 42;
        BUG(asm volatile("st.relaxed.gpu.u32 [%0], 1;" ::"l"(flag) : "memory");)
        FIX(asm volatile("st.release.gpu.u32 [%0], 1;" ::"l"(flag) : "memory");)
    } else {
        u32 seen;
        do asm volatile("ld.acquire.gpu.u32 %0, [%1];" : "=r"(seen) : "l"(flag) : "memory");
        while (seen == 0);
        y[0] = data[0];
    }
}

KERNEL(flag_narrow_scope)(u32 *data, u32 *flag, u32 *y) {
    if (blockIdx.x == 0) {
        data[0] = 42;
        asm volatile("st.release.gpu.u32 [%0], 1;" ::"l"(flag) : "memory");
    } else {
        u32 seen;
        do {
            BUG(asm volatile("ld.acquire.cta.u32 %0, [%1];" : "=r"(seen) : "l"(flag) : "memory");)
            FIX(asm volatile("ld.acquire.gpu.u32 %0, [%1];" : "=r"(seen) : "l"(flag) : "memory");)
        } while (seen == 0);
        y[0] = data[0];
    }
}

KERNEL(flag_inside_block)(u32 *data, u32 *y) {
    __shared__ u32 flag;
    if (threadIdx.x == 0) flag = 0;
    __syncthreads();
    if (threadIdx.x == 0) {
        data[0] = 42;
        FIX(__threadfence_block();)
        *(volatile u32 *)&flag = 1;
    } else if (threadIdx.x == 32) {
        while (*(volatile u32 *)&flag == 0) {}
        FIX(__threadfence_block();)
        y[0] = data[0];
    }
}

KERNEL(last_block)(const u32 *x, u32 *partial, u32 *count, u32 *y) {
    __shared__ u32 is_last;
    int t = threadIdx.x;
    u32 sum = __reduce_add_sync(0xffffffff, x[blockIdx.x * 32 + t]);
    if (t == 0) {
        partial[blockIdx.x] = sum;
        FIX(__threadfence();)
        is_last = atomicAdd(count, 1) == gridDim.x - 1;
        FIX(__threadfence();)
    }
    __syncthreads();
    if (is_last) {
        u32 v = t < gridDim.x ? partial[t] : 0;
        v = __reduce_add_sync(0xffffffff, v);
        if (t == 0) y[0] = v;
    }
}

KERNEL(spin_lock)(u32 *lock, u32 *data) {
    if (threadIdx.x == 0) {
        while (atomicCAS(lock, 0, 1) != 0) {}
        FIX(__threadfence();)
        data[0] = data[0] + 1;
        FIX(__threadfence();)
        atomicExch(lock, 0);
    }
}

KERNEL(lock_per_lane)(u32 *lock, u32 *data) {
    // Every lane takes the lock: needs independent progress of lanes.
    bool done = false;
    while (!done) {
        if (atomicCAS(lock, 0, 1) == 0) {
            FIX(__threadfence();)
            data[0] = data[0] + 1;
            FIX(__threadfence();)
            atomicExch(lock, 0);
            done = true;
        }
    }
}

KERNEL(ticket_lock)(u32 *next, volatile u32 *serving, u32 *data) {
    if (threadIdx.x == 0) {
        u32 ticket = atomicAdd(next, 1);
        while (*serving != ticket) {}
        FIX(__threadfence();)
        data[0] += ticket;
        FIX(__threadfence();)
        *serving = ticket + 1;
    }
}

KERNEL(lock_left_early)(u32 *lock, u32 *data) {
    if (threadIdx.x == 0) {
        while (atomicCAS(lock, 0, 1) != 0) {}
        __threadfence();
        u32 v = data[0];
        BUG(__threadfence(); atomicExch(lock, 0);)
        data[0] = v + 1;
        FIX(__threadfence(); atomicExch(lock, 0);)
    }
}

__device__ void grid_barrier(u32 *count, u32 expected, bool fenced) {
    __syncthreads();
    if (threadIdx.x == 0) {
        if (fenced) __threadfence();
        atomicAdd(count, 1);
        while (*(volatile u32 *)count < expected) {}
        if (fenced) __threadfence();
    }
    __syncthreads();
}

KERNEL(grid_barrier_fence)(u32 *x, u32 *count, u32 *y) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, n = gridDim.x * blockDim.x;
    x[i] = i;
    grid_barrier(count, gridDim.x, BUG(false) FIX(true));
    y[i] = x[n - 1 - i];
}

KERNEL(grid_barrier_missing)(u32 *x, u32 *count, u32 *y) {
    int i = blockIdx.x * blockDim.x + threadIdx.x, n = gridDim.x * blockDim.x;
    for (int round = 0; round < 3; round++) {
        x[i] = i + round;
        grid_barrier(count + 2 * round, gridDim.x, true);
        y[i] = x[n - 1 - i];
        FIX(grid_barrier(count + 2 * round + 1, gridDim.x, true);)
        BUG(__syncthreads();)
    }
}

KERNEL(grid_barrier_without_block)(u32 *x, u32 *count, u32 *y) {
    // The block's other threads are not held back until thread 0 has seen the whole grid.
    int i = blockIdx.x * blockDim.x + threadIdx.x, n = gridDim.x * blockDim.x;
    x[i] = i;
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        atomicAdd(count, 1);
        while (*(volatile u32 *)count < gridDim.x) {}
        __threadfence();
    }
    FIX(__syncthreads();)
    y[i] = x[n - 1 - i];
}

KERNEL(work_queue)(u32 *items, u32 *ready, u32 *y) {
    // Block 0 publishes items one after another, block 1 takes them.
    if (threadIdx.x != 0) return;
    if (blockIdx.x == 0) {
        for (u32 i = 0; i < 4; i++) {
            items[i] = i * i;
            FIX(__threadfence();)
            atomicAdd(ready, 1);
        }
    } else {
        u32 sum = 0;
        for (u32 i = 0; i < 4; i++) {
            while (*(volatile u32 *)ready <= i) {}
            FIX(__threadfence();)
            sum += items[i];
        }
        y[0] = sum;
    }
}

KERNEL(look_back)(const u32 *x, u32 *prefix, volatile u32 *state, u32 *y) {
    // A chain of blocks: each waits for the one before it.
    if (threadIdx.x != 0) return;
    u32 b = blockIdx.x, before = 0;
    if (b > 0) {
        while (state[b - 1] == 0) {}
        FIX(__threadfence();)
        before = prefix[b - 1];
    }
    prefix[b] = before + x[b];
    FIX(__threadfence();)
    state[b] = 1;
    y[b] = before;
}

KERNEL(stack_push)(u32 *values, u32 *next, u32 *head, u32 *y) {
    // A lock-free stack: pushed by blocks 1 and up, taken by block 0.
    if (threadIdx.x != 0) return;
    if (blockIdx.x > 0) {
        u32 node = blockIdx.x;
        values[node] = node * 10;
        u32 old = *(volatile u32 *)head, seen;
        do {
            seen = old;
            atomicExch(&next[node], seen);
            FIX(__threadfence();)
            old = atomicCAS(head, seen, node);
        } while (old != seen);
    } else {
        u32 node;
        while ((node = atomicAdd(head, 0)) == 0) {}
        FIX(__threadfence();)
        y[0] = values[node];
    }
}

KERNEL(cumulative)(u32 *data, u32 *flags, u32 *y) {
    // Block 0 to block 1 to block 2.
    u32 seen;
    if (blockIdx.x == 0) {
        if (threadIdx.x == 0) {
            data[0] = 42;
            asm volatile("st.release.gpu.u32 [%0], 1;" ::"l"(flags) : "memory");
        }
    } else if (blockIdx.x == 1) {
        if (threadIdx.x == 0) {
            do asm volatile("ld.acquire.gpu.u32 %0, [%1];" : "=r"(seen) : "l"(flags) : "memory");
            while (seen == 0);
        }
        FIX(__syncthreads();)
        if (threadIdx.x == 32) {
            BUG(do asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(seen) : "l"(flags) : "memory"); while (seen == 0);)
            asm volatile("st.release.gpu.u32 [%0], 1;" ::"l"(flags + 1) : "memory");
        }
    } else if (threadIdx.x == 0) {
        do asm volatile("ld.acquire.gpu.u32 %0, [%1];" : "=r"(seen) : "l"(flags + 1) : "memory");
        while (seen == 0);
        y[0] = data[0];
    }
}

KERNEL(grid_init)(u32 *x, u32 *y) {
    // Block 0 clears what all blocks add to.
    if (blockIdx.x == 0 && threadIdx.x == 0) BUG(x[0] = 0) FIX(y[1] = 0);
    atomicAdd(x, 1);
}
