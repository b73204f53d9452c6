// The kernels of this folder's crate, line by line in CUDA C++: what their speed is measured against.
// nvcc -O3 -fmad=false -arch=sm_90 -ptx library.cu; without contraction the results are the same to the bit.
#include <cstdint>

extern "C" __global__ void triad(float scale, const float* b, const float* c, float* a, uint64_t n) {
    uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) a[i] = b[i] + scale * c[i];
}

extern "C" __global__ void saxpy(float a, const float* x, float* y, uint64_t n) {
    uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] += a * x[i];
}

extern "C" __global__ void stencil(const float* input, float* output, uint64_t n) {
    uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    if (i == 0 || i + 1 >= n) output[i] = input[i];
    else output[i] = 0.25f * input[i - 1] + 0.5f * input[i] + 0.25f * input[i + 1];
}

extern "C" __global__ void block_sums(const uint32_t* input, uint64_t n, uint32_t* sums) {
    __shared__ uint32_t partial[32];
    uint64_t stride = blockDim.x * gridDim.x;
    uint32_t sum = 0;
    for (uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) sum += input[i];
    for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_down_sync(~0u, sum, distance);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        uint32_t total = 0;
        for (unsigned at = 0; at < blockDim.x / 32; at++) total += partial[at];
        sums[blockIdx.x] = total;
    }
}

extern "C" __global__ void histogram(const uint32_t* input, uint64_t n, uint32_t* bins) {
    __shared__ uint32_t counts[256];
    unsigned at = threadIdx.x;
    counts[at] = 0;
    __syncthreads();
    uint64_t stride = blockDim.x * gridDim.x;
    for (uint64_t i = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x; i < n; i += stride) atomicAdd(&counts[input[i] % 256], 1);
    __syncthreads();
    atomicAdd(&bins[at], counts[at]);
}

extern "C" __global__ void scan_blocks(const uint32_t* input, uint32_t* output, uint64_t n) {
    __shared__ uint32_t sums[256];
    uint64_t index = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
    unsigned at = threadIdx.x;
    uint32_t own = index < n ? input[index] : 0;
    sums[at] = own;
    __syncthreads();
    for (unsigned distance = 1; distance < 256; distance *= 2) {
        uint32_t sum = sums[at];
        if (at >= distance) sum += sums[at - distance];
        __syncthreads();
        sums[at] = sum;
        __syncthreads();
    }
    if (index < n) output[index] = sums[at] - own;
}

extern "C" __global__ void sgemm(uint32_t n, const float* a, const float* b, float* c) {
    __shared__ float tile_a[256], tile_b[256];
    unsigned x = threadIdx.x, y = threadIdx.y;
    unsigned column = blockIdx.x * 16 + x, row = blockIdx.y * 16 + y;
    float sum = 0;
    for (unsigned first = 0; first < n; first += 16) {
        tile_a[y * 16 + x] = a[row * n + first + x];
        tile_b[y * 16 + x] = b[(first + y) * n + column];
        __syncthreads();
        for (unsigned k = 0; k < 16; k++) sum = fmaf(tile_a[y * 16 + k], tile_b[k * 16 + x], sum);
        __syncthreads();
    }
    c[row * n + column] = sum;
}

extern "C" __global__ void tally(uint32_t voters, const uint32_t* votes, uint32_t* decisions, uint64_t n) {
    const uint32_t undecided = ~0u;
    uint64_t index = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= n) return;
    const uint32_t* own = votes + index * voters;
    uint32_t candidate = undecided, lead = 0, count = 0;
    for (uint32_t at = 0; at < voters; at++) {
        uint32_t vote = own[at];
        if (vote == undecided) continue;
        if (lead == 0) { candidate = vote; lead = 1; }
        else if (vote == candidate) lead++;
        else lead--;
    }
    for (uint32_t at = 0; at < voters; at++) count += own[at] == candidate;
    decisions[index] = candidate != undecided && count > voters / 2 ? candidate : undecided;
}

__constant__ uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

__device__ uint32_t rotate_right(uint32_t value, int by) { return value >> by | value << (32 - by); }

extern "C" __global__ void sha256(uint32_t length, const uint32_t* messages, uint32_t* digests, uint64_t n) {
    uint64_t index = (uint64_t)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= n) return;
    uint32_t w[16] = {};
    for (int at = 0; at < 14; at++) w[at] = messages[index * 14 + at];
    w[length / 4] |= 0x80u << (24 - 8 * (length % 4));
    w[15] = length * 8;
    uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, s[8];
    for (int at = 0; at < 8; at++) s[at] = start[at];
    for (int round = 0; round < 64; round++) {
        if (round >= 16) {
            uint32_t a = w[(round + 1) % 16], b = w[(round + 14) % 16];
            uint32_t s0 = rotate_right(a, 7) ^ rotate_right(a, 18) ^ a >> 3;
            uint32_t s1 = rotate_right(b, 17) ^ rotate_right(b, 19) ^ b >> 10;
            w[round % 16] += s0 + w[(round + 9) % 16] + s1;
        }
        uint32_t s1 = rotate_right(s[4], 6) ^ rotate_right(s[4], 11) ^ rotate_right(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t one = s[7] + s1 + choice + round_constants[round] + w[round % 16];
        uint32_t s0 = rotate_right(s[0], 2) ^ rotate_right(s[0], 13) ^ rotate_right(s[0], 22);
        uint32_t two = s0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        for (int at = 7; at > 0; at--) s[at] = s[at - 1];
        s[4] += one;
        s[0] = one + two;
    }
    for (int at = 0; at < 8; at++) digests[index * 8 + at] = start[at] + s[at];
}
