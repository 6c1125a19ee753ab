#pragma once

#include <cstdint>

#include "cpu/vec.h"

// Where a kernel's results go, each element once and never read again by the kernel.  Results too large to
// still be in a cache when somebody reads them are written past it: their lines are then not fetched before
// they are overwritten, which is a third of the traffic of y = f(x), and what is in the cache stays there.
namespace afina {

// Is an array of so many bytes, or elements, too large for the last cache?
bool exceeds_caches(int64_t bytes);
template <class T>
KERNEL_INLINE bool exceeds_caches(int64_t elements) {
  return exceeds_caches(elements * static_cast<int64_t>(sizeof(T)));
}

// A vector of a result, past the caches where that is wanted and possible.
template <class T>
KERNEL_INLINE void store_result(T* p, Vec<T> v, bool past_caches) {
  if (past_caches && is_aligned(p))
    store_past_caches(p, v);
  else
    store(p, v);
}

// The results of a kernel, or of a part of it. To be passed by value: what a reference leads to would be read
// again after every store of a vector.
template <class T>
class Output {
 public:
  KERNEL_INLINE Output(T* y, int64_t count) : y_(y), past_caches_(exceeds_caches<T>(count)) {}

  // A whole vector from element i on.
  KERNEL_INLINE void put(int64_t i, Vec<T> v) const { store_result(y_ + i, v, past_caches_); }
  // Its first `lanes` elements.
  KERNEL_INLINE void put(int64_t i, Vec<T> v, int64_t lanes) const {
    if (lanes == kLanes<T>)
      put(i, v);
    else
      store_partial(y_ + i, v, lanes);
  }
  // The same results from element `first` on.
  KERNEL_INLINE Output from(int64_t first) const { return {y_ + first, past_caches_}; }

 private:
  KERNEL_INLINE Output(T* y, bool past_caches) : y_(y), past_caches_(past_caches) {}

  T* y_;
  bool past_caches_;
};

// Truths, from all lanes of a comparison.
template <>
class Output<bool> {
 public:
  KERNEL_INLINE Output(bool* y, int64_t) : y_(y) {}

  template <class M>
  KERNEL_INLINE void put(int64_t i, M mask, int64_t lanes = sizeof(M) / sizeof(M{}[0])) const {
    typedef int8_t Bytes __attribute__((vector_size(sizeof(M) / sizeof(mask[0]))));
    const Bytes bytes = __builtin_convertvector(mask, Bytes) & 1;
    __builtin_memcpy(y_ + i, &bytes, static_cast<size_t>(lanes));
  }
  KERNEL_INLINE Output from(int64_t first) const { return {y_ + first, 0}; }

 private:
  bool* y_;
};

}  // namespace afina
