// C = A B with tiles of 16. Compiled by `kernels/regenerate.sh`; the loop counts elements, because ptoxide has no shift to the right.
extern "C" __global__ void sgemm(unsigned n, const float *a, const float *b, float *c) {
    __shared__ float tile_a[16][16], tile_b[16][16];
    unsigned x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * 16 + y, column = blockIdx.x * 16 + x;
    float sum = 0;
    for (unsigned k = 0; k < n; k += 16) {
        tile_a[y][x] = a[row * n + k + x];
        tile_b[y][x] = b[(k + y) * n + column];
        __syncthreads();
#pragma unroll
        for (int i = 0; i < 16; i++) sum += tile_a[y][i] * tile_b[i][x];
        __syncthreads();
    }
    c[row * n + column] = sum;
}
