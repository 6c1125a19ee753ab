#pragma once

#include "cpu/vec.h"

// Matrices turned over, in registers where there are whole squares of vectors.
namespace afina {
// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

// One square of kLanes x kLanes elements turned over in registers: log2(kLanes) rounds, each swapping half of
// the lanes of rows that are `half` apart; then put(i, v) for each row of the result.
template <class T, class Put>
KERNEL_INLINE void transpose_square(const T* from, int64_t from_step, const Put& put) {
  constexpr int64_t kSide = kLanes<T>;
  Vec<T> row[kSide];
#pragma GCC unroll 16
  for (int64_t i = 0; i < kSide; ++i) row[i] = load(from + i * from_step);
#pragma GCC unroll 4
  for (int64_t half = kSide / 2; half > 0; half /= 2) {
    // Lane l of `low`: that of row i if l has not the bit `half`, else lane l - half of row i + half.
    Mask<T> low, high;
    for (int64_t l = 0; l < kSide; ++l) {
      low[l] = static_cast<Scalar<Mask<T>>>((l & half) ? l - half + kSide : l);
      high[l] = static_cast<Scalar<Mask<T>>>((l & half) ? l + kSide : l + half);
    }
#pragma GCC unroll 16
    for (int64_t i = 0; i < kSide; ++i) {
      if (i & half) continue;
      const Vec<T> first = row[i], second = row[i + half];
      row[i] = shuffled(first, second, low);
      row[i + half] = shuffled(first, second, high);
    }
  }
#pragma GCC unroll 16
  for (int64_t i = 0; i < kSide; ++i) put(i, row[i]);
}
template <class T>
KERNEL_INLINE void transpose_square(const T* from, int64_t from_step, T* to, int64_t to_step) {
  transpose_square(from, from_step,
                   [=](int64_t i, Vec<T> v) __attribute__((always_inline)) { store(to + i * to_step, v); });
}

// put(i, j, v, count) for the vectors v of the transpose of x (rows, columns): lane l < count is x[j + l][i].
template <class T, class Put>
KERNEL_INLINE void turn_over(const T* x, int64_t rows, int64_t columns, const Put& put) {
  constexpr int64_t kSide = kLanes<T>;
  T square[kSide * kSide];
  for (int64_t i = 0; i < columns; i += kSide)
    for (int64_t j = 0; j < rows; j += kSide) {
      const int64_t high = columns - i < kSide ? columns - i : kSide;
      const int64_t count = rows - j < kSide ? rows - j : kSide;
      const T* const from = x + j * columns + i;
      if (count == kSide && high == kSide) {
        transpose_square(from, columns, square, kSide);
      } else {
        for (int64_t l = 0; l < count; ++l)
          for (int64_t r = 0; r < high; ++r) square[r * kSide + l] = from[l * columns + r];
      }
      for (int64_t r = 0; r < high; ++r) put(i + r, j, load_partial(square + r * kSide, count), count);
    }
}

}  // namespace
}  // namespace afina
