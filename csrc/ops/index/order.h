#pragma once

#include <cstdint>

#include "core/inline.h"

namespace afina {

// Does x, at place x_at of its line, come before y?  Equal elements keep their order; NaN counts as larger
// than every number.
template <class T>
KERNEL_INLINE bool comes_before(T x, int64_t x_at, T y, int64_t y_at, bool descending) {
  if (x < y || y < x) return descending ? y < x : x < y;
  const bool x_nan = x != x, y_nan = y != y;
  if (x_nan != y_nan) return x_nan == descending;
  return x_at < y_at;
}

}  // namespace afina
