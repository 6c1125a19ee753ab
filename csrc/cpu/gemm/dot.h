#pragma once

#include "cpu/gemm/gemm.h"
#include "cpu/vec.h"

// Products whose rows of A and columns of B are both contiguous in k, and few of one or the other: dot
// products along the vector, B is not rearranged for a panel that would be used once.
namespace afina {

// sums[i][j] of rows x columns dot products of length k.
template <class T, int rows, int columns>
KERNEL_INLINE void dot_tile(const T* a, int64_t a_step, const T* b, int64_t b_step, int64_t k,
                            T (&sums)[rows][columns]) {
  Vec<T> sum[rows][columns] = {};
  const auto add = [&](const auto& get) __attribute__((always_inline)) {
    Vec<T> left[rows];
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) left[i] = get(a + i * a_step);
#pragma GCC unroll 8
    for (int j = 0; j < columns; ++j) {
      const Vec<T> right = get(b + j * b_step);
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) sum[i][j] += left[i] * right;
    }
  };
  int64_t at = 0;
  for (; at + kLanes<T> <= k; at += kLanes<T>)
    add([=](const T* p) __attribute__((always_inline)) { return load(p + at); });
  if (at < k) add([=](const T* p) __attribute__((always_inline)) { return load_partial(p + at, k - at); });
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < columns; ++j) sums[i][j] = sum_lanes<T>(sum[i][j]);
}

template <class T, int rows, int columns>
[[gnu::noinline]] static void dot_block(const Gemm<T>& g, int64_t i, int64_t j) {
  T sums[rows][columns];
  dot_tile<T, rows, columns>(g.a + i * g.a_step, g.a_step, g.b + j * g.b_step, g.b_step, g.k, sums);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      T* const to = g.c + (i + r) * g.c_step + j + c;
      T value = sums[r][c];
      if (g.accumulate) value += *to;
      if (g.bias != nullptr) value += g.bias[j + c];
      if (g.relu && value < T{}) value = T{};
      *to = value;
    }
}

// Rows [m0, m1) and columns [n0, n1) of C.
template <class T>
KERNEL_INLINE void dot_products(const Gemm<T>& g, int64_t m0, int64_t m1, int64_t n0, int64_t n1) {
  constexpr int kSide = 4;
  int64_t i = m0;
  for (; i + kSide <= m1; i += kSide) {
    int64_t j = n0;
    for (; j + kSide <= n1; j += kSide) dot_block<T, kSide, kSide>(g, i, j);
    for (; j < n1; ++j) dot_block<T, kSide, 1>(g, i, j);
  }
  for (; i < m1; ++i) {
    int64_t j = n0;
    for (; j + kSide <= n1; j += kSide) dot_block<T, 1, kSide>(g, i, j);
    for (; j < n1; ++j) dot_block<T, 1, 1>(g, i, j);
  }
}

}  // namespace afina
