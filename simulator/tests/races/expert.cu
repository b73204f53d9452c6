// Patterns of libraries and of experts, right and nearly right.
#include "pair.h"
#include <cooperative_groups.h>
#include <cuda/atomic>
#include <cuda_pipeline.h>
namespace cg = cooperative_groups;

KERNEL(tile_of_eight)(const u32 *x, u32 *y) {
    __shared__ u32 s[64];
    auto tile = cg::tiled_partition<8>(cg::this_thread_block());
    int t = threadIdx.x;
    s[t] = x[t];
    FIX(tile.sync();)
    y[t] = s[t ^ 7];
}

KERNEL(tile_across)(const u32 *x, u32 *y) {
    // A tile's barrier does not reach beyond the tile.
    __shared__ u32 s[64];
    auto tile = cg::tiled_partition<8>(cg::this_thread_block());
    int t = threadIdx.x;
    s[t] = x[t];
    tile.sync();
    FIX(__syncwarp();)
    y[t] = s[t ^ 8];
}

KERNEL(coalesced_group)(const u32 *x, u32 *y) {
    __shared__ u32 s[32];
    int t = threadIdx.x;
    if (x[t] & 1) {
        auto active = cg::coalesced_threads();
        s[active.thread_rank()] = t;
        FIX(active.sync();)
        y[t] = s[active.size() - 1 - active.thread_rank()];
    }
}

KERNEL(tile_reduce)(const u32 *x, u32 *y) {
    // Shuffles exchange registers; the leader alone writes.
    __shared__ u32 s[4];
    int t = threadIdx.x;
    u32 v = x[t];
    for (int step = 16; step; step >>= 1) v += __shfl_down_sync(0xffffffffu, v, step);
    if (t % 32 == 0) s[t / 32] = v;
    FIX(__syncthreads();)
    if (t == 0) y[0] = s[0] + s[1] + s[2] + s[3];
}

KERNEL(atomic_ref_scope)(u32 *data, u32 *y) {
    cuda::atomic_ref<u32, FIX(cuda::thread_scope_device) BUG(cuda::thread_scope_block)> n(*y);
    n.fetch_add(threadIdx.x, cuda::memory_order_relaxed);
}

KERNEL(atomic_ref_flag)(u32 *data, u32 *flag, u32 *y) {
    cuda::atomic_ref<u32, cuda::thread_scope_device> f(*flag);
    if (blockIdx.x == 0) {
        *data = 42;
        f.store(1, FIX(cuda::memory_order_release) BUG(cuda::memory_order_relaxed));
    } else {
        while (f.load(cuda::memory_order_acquire) == 0) {}
        *y = *data;
    }
}

KERNEL(atomic_ref_seq_cst)(u32 *data, u32 *flag, u32 *y) {
    cuda::atomic_ref<u32, cuda::thread_scope_device> f(*flag);
    if (blockIdx.x == 0) {
        *data = 42;
        f.fetch_add(1, cuda::memory_order_seq_cst);
    } else {
        while (f.load(FIX(cuda::memory_order_seq_cst) BUG(cuda::memory_order_relaxed)) == 0) {}
        *y = *data;
    }
}

KERNEL(compare_exchange_lock)(u32 *lock, u32 *data) {
    cuda::atomic_ref<u32, cuda::thread_scope_device> l(*lock);
    if (threadIdx.x == 0) {
        u32 expected = 0;
        while (!l.compare_exchange_weak(expected, 1, FIX(cuda::memory_order_acquire) BUG(cuda::memory_order_relaxed))) expected = 0;
        *data = *data + 1;
        l.store(0, cuda::memory_order_release);
    }
}

KERNEL(double_buffer)(const u32 *x, u32 *y, int rounds) {
    __shared__ __align__(16) u32 s[2][128];
    int t = threadIdx.x;
    __pipeline_memcpy_async(&s[0][t], x + t, 4);
    __pipeline_commit();
    u32 sum = 0;
    for (int i = 0; i < rounds; i++) {
        if (i + 1 < rounds) __pipeline_memcpy_async(&s[(i + 1) & 1][t], x + (i + 1) * 128 + t, 4);
        __pipeline_commit();
        __pipeline_wait_prior(1);
        __syncthreads();
        sum += s[i & 1][127 - t];
        FIX(__syncthreads();)
    }
    y[t] = sum;
}

KERNEL(own_copy)(const u32 *x, u32 *y) {
    // Whoever reads only what it copied itself needs no barrier, but has to wait.
    __shared__ u32 s[64];
    int t = threadIdx.x;
    __pipeline_memcpy_async(&s[t], x + t, 4);
    __pipeline_commit();
    FIX(__pipeline_wait_prior(0);)
    y[t] = s[t];
}

KERNEL(dynamic_parts)(const u32 *x, u32 *y) {
    extern __shared__ u32 parts[];
    u32 *a = parts, *b = parts + FIX(64) BUG(60);
    int t = threadIdx.x;
    a[t] = x[t];
    b[t] = x[t] * 2;
    __syncthreads();
    y[t] = a[63 - t] + b[63 - t];
}

KERNEL(last_block_sum)(const u32 *x, volatile u32 *partial, u32 *count, u32 *y) {
    __shared__ bool is_last;
    __shared__ u32 s[64];
    int t = threadIdx.x;
    s[t] = x[blockIdx.x * 64 + t];
    __syncthreads();
    for (int step = 32; step; step >>= 1) { if (t < step) s[t] += s[t + step]; __syncthreads(); }
    if (t == 0) {
        partial[blockIdx.x] = s[0];
        FIX(__threadfence();)
        is_last = atomicAdd(count, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (is_last && t == 0) {
        FIX(__threadfence();)
        u32 sum = 0;
        const u32 *plain = (const u32 *)partial;
        for (int i = 0; i < gridDim.x; i++) sum += plain[i];
        *y = sum;
    }
}

KERNEL(last_block_all_threads)(const u32 *x, u32 *partial, u32 *count, u32 *y) {
    // Every thread writes its own partial sum; the counting thread's fences speak for those that passed a barrier with it.
    __shared__ bool is_last;
    int t = threadIdx.x;
    partial[blockIdx.x * 64 + t] = x[blockIdx.x * 64 + t];
    FIX(__syncthreads();)
    if (t == 0) {
        __threadfence();
        is_last = atomicAdd(count, 1) == gridDim.x - 1;
        __threadfence();
    }
    __syncthreads();
    if (is_last) {
        u32 sum = 0;
        for (int i = 0; i < gridDim.x; i++) sum += partial[i * 64 + t];
        y[t] = sum;
    }
}

KERNEL(fence_before_the_barrier)(const u32 *x, u32 *partial, u32 *count, u32 *y) {
    // A fence speaks for what came before it: one before the barrier does not speak for the other threads' writes.
    __shared__ bool is_last;
    int t = threadIdx.x;
    partial[blockIdx.x * 64 + t] = x[blockIdx.x * 64 + t];
    BUG(__threadfence();)
    __syncthreads();
    if (t == 0) {
        FIX(__threadfence();)
        is_last = atomicAdd(count, 1) == gridDim.x - 1;
        __threadfence();
    }
    __syncthreads();
    if (is_last) y[t] = partial[(gridDim.x - 1 - blockIdx.x) * 64 + t];
}

KERNEL(decoupled_look_back)(const u32 *x, u32 *sums, u32 *state, u32 *y) {
    __shared__ u32 before;
    int t = threadIdx.x, b = blockIdx.x;
    u32 own = x[b * 32 + t];
    u32 total = own;
    for (int step = 16; step; step >>= 1) total += __shfl_xor_sync(0xffffffffu, total, step);
    if (t == 0) {
        u32 prefix = 0;
        if (b > 0) {
            cuda::atomic_ref<u32, cuda::thread_scope_device> s(state[b - 1]);
            while (s.load(FIX(cuda::memory_order_acquire) BUG(cuda::memory_order_relaxed)) == 0) {}
            prefix = sums[b - 1];
        }
        sums[b] = prefix + total;
        cuda::atomic_ref<u32, cuda::thread_scope_device> s(state[b]);
        s.store(1, cuda::memory_order_release);
        before = prefix;
    }
    __syncwarp();
    y[b * 32 + t] = before + own;
}

KERNEL(packed_look_back)(const u32 *x, u64 *state, u32 *y) {
    // Value and flag in one word need no order at all, but one access.
    int b = blockIdx.x;
    if (threadIdx.x == 0) {
        u64 prefix = 0;
        if (b > 0) {
            cuda::atomic_ref<u64, cuda::thread_scope_device> s(state[b - 1]);
            while (!((prefix = FIX(s.load(cuda::memory_order_relaxed)) BUG(*(volatile u32 *)&state[b - 1])) >> FIX(32) BUG(31))) {}
        }
        u64 next = (prefix & 0x7fffffff) + x[b];
        cuda::atomic_ref<u64, cuda::thread_scope_device> s(state[b]);
        s.store(FIX(1ull << 32) BUG(1ull << 31) | next, cuda::memory_order_relaxed);
        y[b] = (u32)next;
    }
}

KERNEL(tickets)(u32 *next, u32 *serving, u32 *data) {
    if (threadIdx.x == 0) {
        u32 mine = atomicAdd(next, 1);
        while (atomicAdd(serving, 0) != mine) {}
        FIX(__threadfence();)
        *data += blockIdx.x;
        FIX(__threadfence();)
        atomicAdd(serving, 1);
    }
}

KERNEL(block_flag_volatile)(const u32 *x, u32 *y) {
    __shared__ volatile u32 flag;
    __shared__ u32 value;
    if (threadIdx.x == 0) flag = 0;
    __syncthreads();
    if (threadIdx.x == 32) {
        value = x[0];
        FIX(__threadfence_block();)
        flag = 1;
    } else if (threadIdx.x == 0) {
        while (flag == 0) {}
        FIX(__threadfence_block();)
        y[0] = value;
    }
}

KERNEL(ballot_compaction)(const u32 *x, u32 *y, u32 *count) {
    int t = threadIdx.x;
    u32 wants = x[t] & 1;
    u32 mask = __ballot_sync(0xffffffffu, wants);
    int leader = __ffs(mask) - 1;
    u32 base = 0;
    if (t % 32 == leader) base = FIX(atomicAdd(count, __popc(mask))) BUG(*count);
    base = __shfl_sync(0xffffffffu, base, leader);
    BUG(if (t % 32 == leader) *count = base + __popc(mask);)
    if (wants) y[base + __popc(mask & ((1u << (t % 32)) - 1))] = t;
}

KERNEL(warp_scan_shared)(const u32 *x, u32 *y) {
    __shared__ u32 s[64];
    int t = threadIdx.x, lane = t % 32;
    s[t] = x[t];
    __syncwarp();
    for (int step = 1; step < 32; step <<= 1) {
        u32 v = lane >= step ? s[t - step] : 0;
        FIX(__syncwarp();)
        s[t] += v;
        __syncwarp();
    }
    y[t] = s[t];
}

KERNEL(masked_halves)(const u32 *x, u32 *y) {
    __shared__ u32 s[32];
    int t = threadIdx.x;
    if (t < 16) {
        s[t] = x[t];
        __syncwarp(0x0000ffffu);
        y[t] = s[15 - t];
    } else {
        FIX(s[t] = x[t];)
        BUG(s[t - 16] = x[t];)
        __syncwarp(0xffff0000u);
        y[t] = s[t FIX(^ 1) BUG(- 16)];
    }
}

KERNEL(reader_writer)(u32 *data, u32 *version, u32 *y) {
    // A sequence lock: data are read between two looks at the version, all relaxed.
    cuda::atomic_ref<u32, cuda::thread_scope_device> v(*version);
    if (blockIdx.x == 0) {
        v.fetch_add(1, cuda::memory_order_relaxed);
        cuda::atomic_thread_fence(cuda::memory_order_release, cuda::thread_scope_device);
        FIX(cuda::atomic_ref<u32, cuda::thread_scope_device>(*data).store(7, cuda::memory_order_relaxed);)
        BUG(*data = 7;)
        v.fetch_add(1, FIX(cuda::memory_order_release) BUG(cuda::memory_order_relaxed));
    } else {
        u32 before, value, after;
        do {
            before = v.load(cuda::memory_order_acquire);
            value = cuda::atomic_ref<u32, cuda::thread_scope_device>(*data).load(cuda::memory_order_relaxed);
            cuda::atomic_thread_fence(cuda::memory_order_acquire, cuda::thread_scope_device);
            after = v.load(cuda::memory_order_relaxed);
        } while (before != after || before & 1);
        *y = value;
    }
}
