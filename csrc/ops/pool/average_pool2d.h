#pragma once

#include <optional>

#include "ops/conv/window_arguments.h"

namespace afina {

// y = the mean of each window, over the values inside x: padding is not counted.  x: (n, h, w, c), y: (n, h',
// w', c). `strides` defaults to `pool_size`.  Saves nothing.
Tensor average_pool2d(const Tensor& x, const Pair& pool_size, const std::optional<Pair>& strides,
                      const Padding& padding);

}  // namespace afina
