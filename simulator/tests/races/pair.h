// One source, two kernels: `-DRACY` leaves out what FIX names and puts in what BUG names.
#pragma once
#ifdef RACY
#define K(name) name##_racy
#define FIX(...)
#define BUG(...) __VA_ARGS__
#else
#define K(name) name##_fixed
#define FIX(...) __VA_ARGS__
#define BUG(...)
#endif
#define KERNEL(name) extern "C" __global__ void K(name)
typedef unsigned int u32;
typedef unsigned long long u64;

__device__ __forceinline__ u32 shared_address(const void *p) { return (u32)__cvta_generic_to_shared(p); }
