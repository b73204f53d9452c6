// Launches an empty kernel as fast as one thread can and prints what a launch costs.
//   launch-loop LAUNCHES [WINDOWS]   WINDOWS > 1 prints the cost of each of so many equal parts, in order.
#include <chrono>
#include <cstdio>
#include <cstdlib>

__global__ void empty_kernel(float *data) {
    if (data == nullptr) printf("never\n");
}

int main(int argc, char **argv) {
    using clock = std::chrono::steady_clock;
    const long launches = argc > 1 ? atol(argv[1]) : 200000;
    const long windows = argc > 2 ? atol(argv[2]) : 1;
    float *data;
    if (cudaMalloc(&data, 4096) != cudaSuccess) return 3;
    for (int i = 0; i < 2000; i++) empty_kernel<<<1, 32>>>(data);
    cudaDeviceSynchronize();
    for (long window = 0; window < windows; window++) {
        const auto start = clock::now();
        for (long i = 0; i < launches / windows; i++) empty_kernel<<<1, 32>>>(data);
        cudaDeviceSynchronize();
        const std::chrono::duration<double, std::micro> took = clock::now() - start;
        printf("%ld launches %.3f us/launch\n", launches / windows, took.count() / (launches / windows));
        fflush(stdout);
    }
    return 0;
}
