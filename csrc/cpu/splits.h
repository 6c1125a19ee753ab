#pragma once

#include "cpu/parallel.h"
#include "cpu/vec.h"

namespace afina {
// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

// So many splits or one more: the last one of an odd number keeps one of two threads waiting.
constexpr int64_t even_splits(int64_t wanted) { return wanted > 1 ? (wanted + 1) / 2 * 2 : wanted; }

// The elements from `i` on of what partial sums add up to: of all splits, each `size` elements long, in their
// order. No splits: zeros.
template <class T>
KERNEL_INLINE Vec<T> sum_of_splits(const T* partial, int64_t splits, int64_t size, int64_t i, int64_t count) {
  Vec<T> total{};
  for (int64_t split = 0; split < splits; ++split) total += load_partial(partial + split * size + i, count);
  return total;
}

// All of it. `sum` may be the first of the splits.
template <class T>
KERNEL_INLINE void add_splits(const T* partial, int64_t splits, int64_t size, T* sum) {
  constexpr int64_t kSumGrain = 16384;
  parallel_range(size, kSumGrain / (splits + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kLanes<T>) {
      const int64_t count = end - i < kLanes<T> ? end - i : kLanes<T>;
      store_partial(sum + i, sum_of_splits(partial, splits, size, i, count), count);
    }
  });
}

}  // namespace
}  // namespace afina
