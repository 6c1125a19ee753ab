#pragma once

#include <cuda_runtime.h>

#include "cuda/reduce.h"

// Kernels that work row by row: a warp takes a short row, a block a long one.
//   template <class Team, class T> __global__ void softmax_rows(...) {
//     for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) { ... Team::sum(...) ... }
// All threads of a team come to each of its sums together, and each gets the result.
namespace afina {

struct WarpTeam {
  static constexpr int kSize = kWarpSize;
  static constexpr int kRowsPerBlock = kThreads / kWarpSize;
#ifdef __CUDACC__
  __device__ __forceinline__ static int rank() { return static_cast<int>(threadIdx.x) % kWarpSize; }
  __device__ __forceinline__ static int64_t first_row() {
    return int64_t{blockIdx.x} * kRowsPerBlock + threadIdx.x / kWarpSize;
  }
  __device__ __forceinline__ static int64_t row_step() { return int64_t{gridDim.x} * kRowsPerBlock; }
  template <class T, class Combine>
  __device__ __forceinline__ static T combined(T value, const Combine& combine) {
    return warp_combined(value, combine);
  }
#endif
};

struct BlockTeam {
  static constexpr int kSize = kThreads;
  static constexpr int kRowsPerBlock = 1;
#ifdef __CUDACC__
  __device__ __forceinline__ static int rank() { return static_cast<int>(threadIdx.x); }
  __device__ __forceinline__ static int64_t first_row() { return int64_t{blockIdx.x}; }
  __device__ __forceinline__ static int64_t row_step() { return int64_t{gridDim.x}; }
  template <class T, class Combine>
  __device__ __forceinline__ static T combined(T value, const Combine& combine) {
    return block_combined(value, combine);
  }
#endif
};

inline constexpr int64_t kLongestWarpRow = 1024;

// run.operator()<Team>(blocks), with the team that suits rows of n elements.
template <class Run>
void with_team(int64_t rows, int64_t n, const Run& run) {
  if (n <= kLongestWarpRow)
    run.template operator()<WarpTeam>(grid_for(rows, WarpTeam::kRowsPerBlock));
  else
    run.template operator()<BlockTeam>(grid_for(rows, BlockTeam::kRowsPerBlock));
}

#ifdef __CUDACC__

// The sum of term(i) over i in [0, n), in double.
template <class Team, class F>
__device__ __forceinline__ double row_sum(int64_t n, const F& term) {
  double sum = 0;
  for (int64_t i = Team::rank(); i < n; i += Team::kSize) sum += static_cast<double>(term(i));
  return Team::combined(sum, [](double a, double b) { return a + b; });
}

// The largest of x; NaN does not win, its row's sum of exponentials has it.
template <class Team, class T>
__device__ __forceinline__ T row_max(const T* x, int64_t n) {
  T largest = static_cast<T>(-__builtin_inf());
  for (int64_t i = Team::rank(); i < n; i += Team::kSize) largest = x[i] > largest ? x[i] : largest;
  return Team::combined(largest, [](T a, T b) { return a > b ? a : b; });
}

// f(i) for every i in [0, n).
template <class Team, class F>
__device__ __forceinline__ void for_row(int64_t n, const F& f) {
  for (int64_t i = Team::rank(); i < n; i += Team::kSize) f(i);
}

#endif

}  // namespace afina
