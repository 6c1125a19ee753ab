#pragma once

#include <cstdint>

#include "core/inline.h"

namespace afina {

// What is read outside an image: a value, the nearest pixel, the image mirrored at its border, or repeated.
enum class Fill : int32_t { constant, nearest, reflect, wrap };

// Images of up to three axes, the last ones of `size`, each read at `points` positions.
struct Sampling {
  int64_t images, points, channels;
  int64_t size[3];
  int axes;
  Fill fill;
  double fill_value;
  bool nearest;  // the pixel that holds a position, instead of the two around it on each axis

  KERNEL_INLINE int64_t pixels() const {
    int64_t count = 1;
    for (int axis = 0; axis < axes; ++axis) count *= size[axis];
    return count;
  }

  // What there is outside; the fills that read pixels instead leave at most a rounding error to it.
  template <class T>
  KERNEL_INLINE T outside() const {
    return fill == Fill::constant ? static_cast<T>(fill_value) : T(0);
  }
};

// The two pixels around a position on an axis and their shares; one that is not to be read has the share 0.
template <class T>
struct Around {
  int32_t low, high;
  T low_share, high_share;
};

template <class T>
KERNEL_INLINE int32_t whole(T x) {  // floor; std::floor has no vector instruction in the baseline
  const auto toward_zero = static_cast<int32_t>(x);
  return toward_zero - (x < static_cast<T>(toward_zero) ? 1 : 0);
}

// What to add to a share: NaN where the position is.
template <class T>
KERNEL_INLINE T unknown(T position) {
  return position == position ? T(0) : position;
}

// A position as far away as an int32_t can count, NaN too, so that it can be turned into one.
template <class T>
KERNEL_INLINE T bounded(T position) {
  constexpr T kFar = 1 << 30;
  position = position > -kFar ? position : -kFar;
  return position < kFar ? position : kFar;
}

template <Fill kFill, class T>
KERNEL_INLINE Around<T> around(T position, int32_t size, bool nearest) {
  const T extent = static_cast<T>(size);
  if constexpr (kFill == Fill::reflect) {  // at the outer borders of the first and the last pixel
    const T turn = (position + T(0.5)) / (2 * extent);
    const T past = (turn - static_cast<T>(whole(turn))) * (2 * extent) - extent;
    position = extent - (past > 0 ? past : -past) - T(0.5);
  } else if constexpr (kFill == Fill::wrap) {
    position -= static_cast<T>(whole(position / extent)) * extent;
  }
  const T rounded = static_cast<T>(whole(position + T(0.5)));
  position = nearest ? rounded : position;
  const int32_t low = whole(position);
  const T share = position - static_cast<T>(low);
  Around<T> found{low, low + 1, 1 - share, share};
  if constexpr (kFill == Fill::wrap) {
    found.low = found.low >= size ? found.low - size : found.low;
    found.high = found.high >= size ? found.high - size : found.high;
  } else if constexpr (kFill == Fill::constant) {
    found.low_share = found.low >= 0 && found.low < size ? found.low_share : 0;
    found.high_share = found.high >= 0 && found.high < size ? found.high_share : 0;
  }
  found.low = found.low > 0 ? found.low : 0;
  found.low = found.low < size ? found.low : size - 1;
  found.high = found.high > 0 ? found.high : 0;
  found.high = found.high < size ? found.high : size - 1;
  return found;
}

// f.operator()<fill>(), so that the loops over positions decide nothing.
template <class F>
KERNEL_INLINE void visit_fill(Fill fill, const F& f) {
  switch (fill) {
    case Fill::constant: return f.template operator()<Fill::constant>();
    case Fill::nearest: return f.template operator()<Fill::nearest>();
    case Fill::reflect: return f.template operator()<Fill::reflect>();
    case Fill::wrap: return f.template operator()<Fill::wrap>();
  }
}

// f(pixel, share) for the corners around a point that are read; returns the share they leave to what is
// outside.
template <int kAxes, class T, class F>
KERNEL_INLINE T each_corner(const Around<T> (&axis)[kAxes], const int64_t* size, const F& f) {
  T inside = 1;
  for (int a = 0; a < kAxes; ++a) inside *= axis[a].low_share + axis[a].high_share;
  for (int corner = 0; corner < 1 << kAxes; ++corner) {
    T share = 1;
    int64_t pixel = 0;
    for (int a = 0; a < kAxes; ++a) {
      const bool high = ((corner >> (kAxes - 1 - a)) & 1) != 0;
      share *= high ? axis[a].high_share : axis[a].low_share;
      pixel = pixel * size[a] + (high ? axis[a].high : axis[a].low);
    }
    if (share != 0) f(pixel, share);  // an infinite pixel beside the point must not become a NaN
  }
  return 1 - inside;
}

}  // namespace afina
