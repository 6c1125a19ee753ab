#pragma once

#include <cstdint>

#include "cpu/output.h"
#include "cpu/vec.h"

// One pixel's channels, in blocks of vectors that stay in registers.  The loops that use them take their
// operands by value: what a parallel body captured would be read again from memory after every store of a
// vector.
namespace afina {

inline constexpr int kBlockVectors = 4;       // in flight at once: hides the latency of the loads
inline constexpr int64_t kPoolGrain = 32768;  // values read by a chunk: below this a second thread costs more

// V whole vectors, or for the few channels of a pixel smaller than one vector its first `count` lanes.
template <class T>
struct WholeVectors {
  KERNEL_INLINE Vec<T> load(const T* p) const { return afina::load(p); }
  KERNEL_INLINE void store(T* p, Vec<T> v, bool past_caches = false) const {
    store_result(p, v, past_caches);
  }
};
template <class T>
struct FirstLanes {
  int64_t count;
  KERNEL_INLINE Vec<T> load(const T* p) const { return load_partial(p, count); }
  KERNEL_INLINE void store(T* p, Vec<T> v, bool = false) const { store_partial(p, v, count); }
};

template <int V>
struct Vectors {
  static constexpr int value = V;
};

// f(c, Vectors<V>{}, lanes) for blocks of V vectors that cover channels [0, channels).  The last block may
// overlap the one before it: f must give a channel the same value every time.
template <class T, class F>
KERNEL_INLINE void for_channel_blocks(int64_t channels, const F& f) {
  constexpr int64_t L = kLanes<T>;
  if (channels < L) {
    f(int64_t{0}, Vectors<1>{}, FirstLanes<T>{channels});
    return;
  }
  int64_t c = 0;
  for (; c + kBlockVectors * L <= channels; c += kBlockVectors * L)
    f(c, Vectors<kBlockVectors>{}, WholeVectors<T>{});
  for (; c + L <= channels; c += L) f(c, Vectors<1>{}, WholeVectors<T>{});
  if (c < channels) f(channels - L, Vectors<1>{}, WholeVectors<T>{});
}

// f(c, lanes) for single vectors of channels, none of them twice.
template <class T, class F>
KERNEL_INLINE void for_channels_once(int64_t channels, const F& f) {
  int64_t c = 0;
  for (; c + kLanes<T> <= channels; c += kLanes<T>) f(c, WholeVectors<T>{});
  if (c < channels) f(c, FirstLanes<T>{channels - c});
}

}  // namespace afina
