// The CUDA C++ of docs/from-cuda.md; the same in Rust is in tests/book/cuda.rs.
#include <cstdint>
#include <vector>

__global__ void saxpy(float a, const float* x, float* y, size_t n) {
    size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x;
    if (i < n) y[i] += a * x[i];
}

std::vector<float> run(float a, const std::vector<float>& x, std::vector<float> y) {
    size_t n = y.size(), bytes = n * sizeof(float);
    float *dx, *dy;
    cudaMalloc(&dx, bytes);
    cudaMalloc(&dy, bytes);
    cudaMemcpy(dx, x.data(), bytes, cudaMemcpyHostToDevice);
    cudaMemcpy(dy, y.data(), bytes, cudaMemcpyHostToDevice);
    saxpy<<<(n + 255) / 256, 256>>>(a, dx, dy, n);
    cudaMemcpy(y.data(), dy, bytes, cudaMemcpyDeviceToHost);
    cudaFree(dx);
    cudaFree(dy);
    return y;
}

__global__ void __launch_bounds__(256) block_sum(const uint32_t* input, uint32_t* sums, size_t n) {
    __shared__ uint32_t partial[8];
    size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x;
    uint32_t value = i < n ? input[i] : 0;
    uint32_t sum = __reduce_add_sync(~0u, value);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        uint32_t total = 0;
        for (int at = 0; at < 8; at++) total += partial[at];
        sums[blockIdx.x] = total;
    }
}

__global__ void histogram(const uint8_t* input, uint32_t* bins, size_t n) {
    __shared__ uint32_t counts[256];
    counts[threadIdx.x] = 0;
    __syncthreads();
    size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x;
    if (i < n) atomicAdd(&counts[input[i]], 1);
    __syncthreads();
    atomicAdd(&bins[threadIdx.x], counts[threadIdx.x]);
}

__constant__ float taps[9];

__global__ void filter(const float* input, float* output, size_t n) {
    extern __shared__ float line[];
    size_t i = blockIdx.x * (size_t)blockDim.x + threadIdx.x;
    line[threadIdx.x] = input[i];
    __syncthreads();
    float sum = 0;
    for (int tap = 0; tap < 9; tap++) sum += taps[tap] * line[(threadIdx.x + tap) % blockDim.x];
    if (i < n) output[i] = sum;
}

void run_filter(const float* host_taps, const float* input, float* output, size_t n) {
    cudaMemcpyToSymbol(taps, host_taps, sizeof(taps));
    filter<<<(n + 63) / 64, 64, 64 * sizeof(float)>>>(input, output, n);
}
