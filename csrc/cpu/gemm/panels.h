#pragma once

#include "cpu/gemm/tile.h"
#include "cpu/transpose.h"

// B rearranged for the tiles: panels of kTileVectors vectors, each `depth` x kPanel<T> without gaps, the last
// one filled up with zeros.  A panel of one block of k stays in the L1 cache while all rows of A pass by it.
namespace afina {

template <class T>
inline constexpr int64_t kPanel = kTileVectors * kLanes<T>;

// B(k, j) for k in [0, depth), j in [0, columns): `b` points at B(0, 0).
template <class T>
KERNEL_INLINE void pack_panel(const T* b, int64_t b_step, int64_t depth, int64_t columns, T* panel) {
  if (columns == kPanel<T>) {
    for (int64_t k = 0; k < depth; ++k)
#pragma GCC unroll 4
      for (int64_t v = 0; v < kTileVectors; ++v)
        store(panel + k * kPanel<T> + v * kLanes<T>, load(b + k * b_step + v * kLanes<T>));
    return;
  }
  for (int64_t k = 0; k < depth; ++k)
#pragma GCC unroll 4
    for (int64_t v = 0; v < kTileVectors; ++v) {
      const int64_t rest = columns - v * kLanes<T>;
      const int64_t count = rest < 0 ? 0 : rest > kLanes<T> ? kLanes<T> : rest;
      store(panel + k * kPanel<T> + v * kLanes<T>, load_partial(b + k * b_step + v * kLanes<T>, count));
    }
}

// The same from B stored transposed: B(k, j) = b[j * b_step + k].
template <class T>
KERNEL_INLINE void pack_panel_transposed(const T* b, int64_t b_step, int64_t depth, int64_t columns,
                                         T* panel) {
  constexpr int64_t kSide = kLanes<T>;
#pragma GCC unroll 4
  for (int64_t v = 0; v < kTileVectors; ++v) {
    const int64_t rest = columns - v * kSide;
    const int64_t count = rest < 0 ? 0 : rest > kSide ? kSide : rest;
    const T* const from = b + v * kSide * b_step;
    T* const to = panel + v * kSide;
    int64_t k = 0;
    if (count == kSide)
      for (; k + kSide <= depth; k += kSide)
        transpose_square(from + k, b_step, to + k * kPanel<T>, kPanel<T>);
    for (; k < depth; ++k) {
      for (int64_t j = 0; j < count; ++j) to[k * kPanel<T> + j] = from[j * b_step + k];
      for (int64_t j = count; j < kSide; ++j) to[k * kPanel<T> + j] = T{};
    }
  }
}

}  // namespace afina
