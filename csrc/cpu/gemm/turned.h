#pragma once

#include "cpu/gemm/panels.h"

// A matrix read across its rows.
namespace afina {

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

}  // namespace afina
