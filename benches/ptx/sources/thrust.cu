// Thrust's algorithms upon device vectors.
#include <thrust/device_vector.h>
#include <thrust/sort.h>
#include <thrust/scan.h>
#include <thrust/reduce.h>
#include <thrust/transform_reduce.h>
#include <thrust/unique.h>
#include <thrust/set_operations.h>
#include <thrust/partition.h>
using T = TYPE;
struct Keep { __host__ __device__ bool operator()(T a) const { return a < T(3); } };
struct Square { __host__ __device__ T operator()(T a) const { return a * a; } };
T run(thrust::device_vector<T> &a, thrust::device_vector<T> &b) {
    thrust::sort(a.begin(), a.end()), thrust::inclusive_scan(a.begin(), a.end(), b.begin()), thrust::unique(a.begin(), a.end());
    thrust::partition(b.begin(), b.end(), Keep()), thrust::set_intersection(a.begin(), a.end(), b.begin(), b.end(), a.begin()), thrust::stable_sort_by_key(a.begin(), a.end(), b.begin());
    return thrust::transform_reduce(a.begin(), a.end(), Square(), T(0), thrust::plus<T>()) + thrust::reduce(b.begin(), b.end(), T(0), thrust::maximum<T>());
}
