#pragma once

#include <optional>

#include "ops/conv/window_arguments.h"

namespace afina {

// y = the largest value of each window.  x: (n, h, w, c), y: (n, h', w', c); NaN wins over every number,
// padding never wins.  `strides` defaults to `pool_size`.  Saves for the gradient, which goes to the first
// maximum in row-major order, which tap of the window that was: one byte an output (four for windows of over
// 256 values).
Tensor max_pool2d(const Tensor& x, const Pair& pool_size, const std::optional<Pair>& strides,
                  const Padding& padding);

}  // namespace afina
