#pragma once

#include "cpu/output.h"

// Runs of memory copied and filled, past the caches where the whole of the target is too large for them.
namespace afina {
// Unnamed, so that nothing below can be emitted under a name that files of other instruction sets share.
namespace {

// n elements from one place to another, which do not overlap.
template <class T>
KERNEL_INLINE void copy_run(const T* from, T* to, int64_t n, bool past_caches) {
  if (!past_caches) {
    __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    return;
  }
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store_result(to + i, load(from + i), true);
  if (i < n) store_partial(to + i, load_partial(from + i, n - i), n - i);
}

template <class T>
KERNEL_INLINE void fill_run(T* to, T value, int64_t n, bool past_caches) {
  const Vec<T> values = Vec<T>{} + value;
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store_result(to + i, values, past_caches);
  if (i < n) store_partial(to + i, values, n - i);
}

}  // namespace
}  // namespace afina
