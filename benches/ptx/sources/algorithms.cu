// One device algorithm of CUB for one type: -DALGORITHM=… -DTYPE=….
#include <cub/cub.cuh>
struct Pair { float weight; int index; };
__host__ __device__ inline bool operator<(const Pair &a, const Pair &b) { return a.weight < b.weight; }
__host__ __device__ inline bool operator==(const Pair &a, const Pair &b) { return a.index == b.index; }
__host__ __device__ inline Pair operator+(const Pair &a, const Pair &b) { return {a.weight + b.weight, a.index}; }
struct Less { template <class T> __host__ __device__ bool operator()(const T &a, const T &b) const { return a < b; } };
struct Plus { template <class T> __host__ __device__ T operator()(const T &a, const T &b) const { return a + b; } };
struct Keep { template <class T> __host__ __device__ bool operator()(const T &a) const { return a < a + a; } };
using T = TYPE;
size_t bytes; T *in, *out; int *counts, *offsets; T value{};
cudaError_t run(void *space, int n) {
    switch (ALGORITHM) {
#if ALGORITHM == 0
        default: return cub::DeviceReduce::Reduce(space, bytes, in, out, n, Plus(), value);
#elif ALGORITHM == 1
        default: return cub::DeviceScan::InclusiveScan(space, bytes, in, out, Plus(), n);
#elif ALGORITHM == 2
        default: return cub::DeviceRadixSort::SortKeys(space, bytes, in, out, n);
#elif ALGORITHM == 3
        default: return cub::DeviceMergeSort::SortKeys(space, bytes, in, n, Less());
#elif ALGORITHM == 4
        default: return cub::DeviceSelect::If(space, bytes, in, out, counts, n, Keep());
#elif ALGORITHM == 5
        default: return cub::DeviceRunLengthEncode::Encode(space, bytes, in, out, counts, counts + 1, n);
#elif ALGORITHM == 6
        default: return cub::DeviceHistogram::HistogramEven(space, bytes, in, counts, 65, T(0), T(64), n);
#elif ALGORITHM == 7
        default: return cub::DeviceSegmentedReduce::Reduce(space, bytes, in, out, n, offsets, offsets + 1, Plus(), value);
#elif ALGORITHM == 8
        default: return cub::DeviceReduce::ReduceByKey(space, bytes, counts, counts, in, out, counts, Plus(), n);
#elif ALGORITHM == 9
        default: return cub::DeviceRadixSort::SortPairs(space, bytes, in, out, counts, offsets, n);
#elif ALGORITHM == 10
        default: return cub::DeviceAdjacentDifference::SubtractLeftCopy(space, bytes, in, out, n, Plus());
#elif ALGORITHM == 11
        default: return cub::DevicePartition::If(space, bytes, in, out, counts, n, Keep());
#elif ALGORITHM == 12
        default: return cub::DeviceSegmentedSort::SortKeys(space, bytes, in, out, n, n, offsets, offsets + 1);
#endif
    }
}
