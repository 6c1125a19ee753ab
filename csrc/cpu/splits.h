#pragma once

#include "cpu/parallel.h"
#include "cpu/vec.h"

namespace afina {
// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

// What partial sums add up to: the sum over all splits, each `size` elements long, in their order. `sum` may
// be the first of them. No splits: zeros.
template <class T>
KERNEL_INLINE void add_splits(const T* partial, int64_t splits, int64_t size, T* sum) {
  constexpr int64_t kSumGrain = 16384;
  parallel_range(size, kSumGrain / (splits + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kLanes<T>) {
      const int64_t count = end - i < kLanes<T> ? end - i : kLanes<T>;
      Vec<T> total{};
      for (int64_t split = 0; split < splits; ++split)
        total += load_partial(partial + split * size + i, count);
      store_partial(sum + i, total, count);
    }
  });
}

}  // namespace
}  // namespace afina
