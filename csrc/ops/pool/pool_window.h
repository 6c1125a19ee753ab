#pragma once

#include <optional>

#include "ops/conv/window_arguments.h"

namespace afina {

// The windows of a pooling over x, a floating-point image; each of them holds at least one value of x.
Window pool_window(const char* op, const Tensor& x, const Pair& pool_size, const std::optional<Pair>& strides,
                   const Padding& padding);

}  // namespace afina
