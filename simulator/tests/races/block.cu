// Shared memory and the block's barrier.
#include "pair.h"

KERNEL(neighbour)(const u32 *x, u32 *y) {
    __shared__ u32 s[128];
    int t = threadIdx.x;
    s[t] = x[t];
    FIX(__syncthreads();)
    y[t] = s[(t + 1) % 128];
}

KERNEL(reverse)(u32 *x) {
    __shared__ u32 s[128];
    int t = threadIdx.x;
    s[t] = x[t];
    FIX(__syncthreads();)
    x[t] = s[127 - t];
}

KERNEL(write_after_read)(const u32 *x, u32 *y) {
    __shared__ u32 s[129];
    int t = threadIdx.x;
    s[t + 1] = x[t];
    if (t == 0) s[0] = 7;
    __syncthreads();
    u32 v = s[t];
    FIX(__syncthreads();)
    s[t + 1] = v * 2;
    __syncthreads();
    y[t] = s[t];
}

KERNEL(reduce_tree)(const u32 *x, u32 *y) {
    __shared__ u32 s[256];
    int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    for (int step = 128; step > 0; step >>= 1) {
        if (t < step) s[t] += s[t + step];
        FIX(__syncthreads();)
    }
    if (t == 0) y[0] = s[0];
}

KERNEL(scan_in_place)(u32 *x) {
    __shared__ u32 s[128];
    int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    for (int step = 1; step < 128; step <<= 1) {
        u32 v = t >= step ? s[t - step] : 0;
        FIX(__syncthreads();)
        s[t] += v;
        __syncthreads();
    }
    x[t] = s[t];
}

KERNEL(transpose_tile)(const float *x, float *y) {
    __shared__ float tile[16][17];
    int i = threadIdx.y, j = threadIdx.x;
    tile[i][j] = x[i * 16 + j];
    FIX(__syncthreads();)
    y[i * 16 + j] = tile[j][i];
}

KERNEL(matmul_tile)(const float *a, const float *b, float *c, int n) {
    __shared__ float p[8][8], q[8][8];
    int i = threadIdx.y, j = threadIdx.x;
    int row = blockIdx.y * 8 + i, column = blockIdx.x * 8 + j;
    float sum = 0;
    for (int k = 0; k < n; k += 8) {
        p[i][j] = a[row * n + k + j];
        q[i][j] = b[(k + i) * n + column];
        __syncthreads();
        for (int l = 0; l < 8; l++) sum += p[i][l] * q[l][j];
        FIX(__syncthreads();)
    }
    c[row * n + column] = sum;
}

KERNEL(stencil_halo)(const float *x, float *y, int n) {
    __shared__ float s[130];
    int t = threadIdx.x, i = blockIdx.x * 128 + t;
    s[t + 1] = x[i];
    if (t == 0) s[0] = i > 0 ? x[i - 1] : 0;
    if (t == 127) s[129] = i + 1 < n ? x[i + 1] : 0;
    FIX(__syncthreads();)
    y[i] = s[t] + s[t + 1] + s[t + 2];
}

KERNEL(histogram_plain)(const u32 *x, u32 *y) {
    __shared__ u32 bins[16];
    int t = threadIdx.x;
    if (t < 16) bins[t] = 0;
    __syncthreads();
    BUG(bins[x[t] % 16]++;)
    FIX(atomicAdd(&bins[x[t] % 16], 1);)
    __syncthreads();
    if (t < 16) y[t] = bins[t];
}

KERNEL(histogram_cleared)(const u32 *x, u32 *y) {
    __shared__ u32 bins[16];
    int t = threadIdx.x;
    if (t < 16) bins[t] = 0;
    FIX(__syncthreads();)
    atomicAdd(&bins[x[t] % 16], 1);
    __syncthreads();
    if (t < 16) y[t] = bins[t];
}

KERNEL(histogram_read)(const u32 *x, u32 *y) {
    __shared__ u32 bins[16];
    int t = threadIdx.x;
    if (t < 16) bins[t] = 0;
    __syncthreads();
    atomicAdd(&bins[x[t] % 16], 1);
    FIX(__syncthreads();)
    if (t < 16) y[t] = bins[t];
}

KERNEL(broadcast)(const u32 *x, u32 *y) {
    __shared__ u32 s;
    int t = threadIdx.x;
    if (t == 0) s = x[0];
    FIX(__syncthreads();)
    y[t] = s;
}

KERNEL(ping_pong)(const u32 *x, u32 *y) {
    __shared__ u32 s[2][64];
    int t = threadIdx.x, from = 0;
    s[0][t] = x[t];
    __syncthreads();
    for (int round = 0; round < 4; round++) {
        s[from ^ 1][t] = s[from][t] + s[from][(t + 33) % 64];
        from ^= 1;
        FIX(__syncthreads();)
    }
    y[t] = s[from][t];
}

KERNEL(bytes)(const unsigned char *x, unsigned char *y) {
    __shared__ unsigned char s[64];
    int t = threadIdx.x;
    s[BUG(t & 62) FIX(t)] = x[t];
    __syncthreads();
    y[t] = s[t & 62];
}

KERNEL(counter)(u32 *y) {
    __shared__ u32 count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    BUG(count = count + 1;)
    FIX(atomicAdd(&count, 1);)
    __syncthreads();
    if (threadIdx.x == 0) y[0] = count;
}

KERNEL(any_found)(const u32 *x, u32 *y) {
    __shared__ u32 found;
    int t = threadIdx.x;
    if (t == 0) found = 0;
    __syncthreads();
    BUG(if (x[t] % 2) found = 1;)
    FIX(if (x[t] % 2) atomicOr(&found, 1);)
    __syncthreads();
    if (t == 0) y[0] = found;
}

KERNEL(reused_buffer)(const u32 *x, u32 *y) {
    __shared__ u32 s[128];
    int t = threadIdx.x;
    s[t] = x[t];
    __syncthreads();
    u32 first = s[127 - t];
    FIX(__syncthreads();)
    s[t] = first + 1;
    __syncthreads();
    y[t] = s[(t + 64) % 128];
}

KERNEL(overlapping_parts)(const u32 *x, u32 *y) {
    extern __shared__ u32 pool[];
    int t = threadIdx.x;
    u32 *own = pool + t * BUG(3) FIX(4);
    for (int i = 0; i < 4; i++) own[i] = x[t] + i;
    y[t] = own[0] + own[3];
}

KERNEL(barrier_on_one_side)(const u32 *x, u32 *y) {
    // Warp 0 writes twice with a barrier between; the second write is not ordered with the readers.
    __shared__ u32 s[32];
    int t = threadIdx.x;
    if (t < 32) s[t] = x[t];
    __syncthreads();
    if (t >= 32) y[t] = s[t - 32];
    FIX(__syncthreads();)
    if (t < 32) s[t] = x[t + 32];
    __syncthreads();
    if (t < 32) y[t] = s[31 - t];
}

KERNEL(early_exit)(const u32 *x, u32 *y, int n) {
    __shared__ u32 s[64];
    int t = threadIdx.x;
    if (t >= n) return;
    s[t] = x[t];
    FIX(__syncthreads();)
    y[t] = s[(t + 1) % n];
}
