#pragma once

#include <cstdint>

#include "core/inline.h"

namespace afina {

// x in another dtype: what cast() does to an element, on every device.
template <class To, class From>
KERNEL_INLINE To converted(From x) {
  if constexpr (static_cast<To>(2) == static_cast<To>(1))  // bool
    return x != From{};
  else if constexpr (sizeof(To) == 1)
    return static_cast<To>(
        static_cast<int32_t>(x));  // a float to uint8 by way of int32: negative ones wrap around
  else
    return static_cast<To>(x);
}

}  // namespace afina
