#pragma once

#include "cpu/output.h"

// Runs of memory copied and filled, past the caches where the whole of the target is too large for them.
namespace afina {
// Unnamed, so that nothing below can be emitted under a name that files of other instruction sets share.
namespace {

// n elements from one place to another, which do not overlap.
template <class T>
KERNEL_INLINE void copy_run(const T* from, T* to, int64_t n, bool past_caches = false) {
  // In between, a call of memcpy would take as long as the copy, or longer.
  constexpr int64_t kFewest = kLanes<T>, kMost = 16 * kLanes<T>;
  if ((n < kFewest || n > kMost) && !past_caches) {
    __builtin_memcpy(to, from, static_cast<size_t>(n) * sizeof(T));
    return;
  }
  // Loads go before stores: a load waits for an older store at the same place of another page.
  constexpr int64_t kTogether = 4;
  int64_t i = 0;
  for (; i + kTogether * kLanes<T> <= n; i += kTogether * kLanes<T>) {
    Vec<T> v[kTogether];
#pragma GCC unroll 4
    for (int64_t j = 0; j < kTogether; ++j) v[j] = load(from + i + j * kLanes<T>);
#pragma GCC unroll 4
    for (int64_t j = 0; j < kTogether; ++j) store_result(to + i + j * kLanes<T>, v[j], past_caches);
  }
  for (; i + kLanes<T> <= n; i += kLanes<T>) store_result(to + i, load(from + i), past_caches);
  if (i < n) store_partial(to + i, load_partial(from + i, n - i), n - i);
}

template <class T>
KERNEL_INLINE void fill_run(T* to, T value, int64_t n, bool past_caches = false) {
  const Vec<T> values = broadcast(value);
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) store_result(to + i, values, past_caches);
  if (i < n) store_partial(to + i, values, n - i);
}

}  // namespace
}  // namespace afina
