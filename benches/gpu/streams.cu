// Work of many kinds, to look at: four busy streams that overlap, two host threads, a CUDA graph, copies in both directions, fills, NVTX ranges,
// events between streams and an idle gap of 5 ms in the middle.
//   streams [ROUNDS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <nvtx3/nvToolsExt.h>

#define CHECK(call)                                                                     \
    do {                                                                                \
        cudaError_t status = (call);                                                    \
        if (status != cudaSuccess) {                                                    \
            fprintf(stderr, "%s: %s\n", #call, cudaGetErrorString(status));             \
            exit(3);                                                                    \
        }                                                                               \
    } while (0)

constexpr int N = 1 << 20;

__global__ void saxpy(float a, const float *x, float *y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < N; i += gridDim.x * blockDim.x) y[i] = a * x[i] + y[i];
}

template <int UNROLL> __global__ void spin(float *out, int rounds) {
    __shared__ float tile[256];
    float value = threadIdx.x;
    for (int i = 0; i < rounds; i++)
#pragma unroll
        for (int j = 0; j < UNROLL; j++) value = value * 1.0001f + 0.5f;
    tile[threadIdx.x] = value;
    __syncthreads();
    if (threadIdx.x == 0) out[blockIdx.x] = tile[255];
}

static void four_streams(int rounds, float *x, float *y, float *host) {
    cudaStream_t streams[4];
    cudaEvent_t ready;
    for (auto &stream : streams) CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CHECK(cudaEventCreateWithFlags(&ready, cudaEventDisableTiming));
    for (int round = 0; round < rounds; round++) {
        char label[32];
        snprintf(label, sizeof label, "round %d", round);
        nvtxRangePushA(label);
        CHECK(cudaMemcpyAsync(x, host, N * sizeof(float), cudaMemcpyHostToDevice, streams[0]));
        CHECK(cudaEventRecord(ready, streams[0]));
        for (int s = 1; s < 4; s++) CHECK(cudaStreamWaitEvent(streams[s], ready));
        nvtxRangePushA("compute");
        for (int i = 0; i < 8; i++) {
            spin<4><<<16, 256, 0, streams[0]>>>(y, 400);
            spin<8><<<16, 256, 0, streams[1]>>>(y + 256, 300);
            saxpy<<<32, 256, 0, streams[2]>>>(2.0f, x, y + N);
            spin<16><<<16, 256, 1024, streams[3]>>>(y + 512, 200);
        }
        nvtxRangePop();
        CHECK(cudaMemcpyAsync(host, y, N * sizeof(float), cudaMemcpyDeviceToHost, streams[1]));
        CHECK(cudaMemsetAsync(y, 0, N * sizeof(float), streams[2]));
        for (auto &stream : streams) CHECK(cudaStreamSynchronize(stream));
        nvtxRangePop();
        if (round == rounds / 2) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

static void graph(int rounds, float *x, float *y) {
    cudaStream_t stream;
    cudaGraph_t captured;
    cudaGraphExec_t exec;
    CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    for (int i = 0; i < 4; i++) {
        saxpy<<<64, 256, 0, stream>>>(0.5f, x, y);
        spin<2><<<8, 256, 0, stream>>>(y, 100);
    }
    CHECK(cudaStreamEndCapture(stream, &captured));
    CHECK(cudaGraphInstantiate(&exec, captured, 0));
    nvtxRangePushA("graph launches");
    for (int round = 0; round < rounds; round++) CHECK(cudaGraphLaunch(exec, stream));
    CHECK(cudaStreamSynchronize(stream));
    nvtxRangePop();
}

int main(int argc, char **argv) {
    const int rounds = argc > 1 ? atoi(argv[1]) : 20;
    float *x, *y, *host;
    CHECK(cudaMalloc(&x, 4 * N * sizeof(float)));
    CHECK(cudaMalloc(&y, 4 * N * sizeof(float)));
    CHECK(cudaMallocHost(&host, N * sizeof(float)));
    std::thread worker(graph, 2 * rounds, x + 2 * N, y + 2 * N);
    four_streams(rounds, x, y, host);
    worker.join();
    CHECK(cudaDeviceSynchronize());
    printf("%d rounds\n", rounds);
    return 0;
}
