#pragma once

#include <cuda_runtime.h>

#include "cuda/launch.h"
#include "cuda/shared.h"

// The threads of a block put one number each together, in a fixed tree: every run gives the same bits.
namespace afina {

inline constexpr unsigned kAllLanes = 0xFFFFFFFF;

// combine(a, b) over the 32 lanes; every lane gets the result.
template <class T, class Combine>
__device__ __forceinline__ T warp_combined(T value, const Combine& combine) {
  for (int lanes = kWarpSize / 2; lanes > 0; lanes /= 2)
    value = combine(value, __shfl_xor_sync(kAllLanes, value, lanes));
  return value;
}

template <class T>
struct WarpResults {
  T of_warp[32];
};

// The same over a block of kThreads threads, all of which come here; every thread gets the result.
template <class T, class Combine>
__device__ __forceinline__ T block_combined(T value, const Combine& combine) {
  constexpr int kWarps = kThreads / kWarpSize;
  auto& results = shared_memory<WarpResults<T>>();
  value = warp_combined(value, combine);
  __syncthreads();  // the results of an earlier call have been read
  if (threadIdx.x % kWarpSize == 0) results.of_warp[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  T total = results.of_warp[0];
  for (int warp = 1; warp < kWarps; ++warp) total = combine(total, results.of_warp[warp]);
  return total;
}

}  // namespace afina
