#pragma once

#include <optional>
#include <string>

#include "ops/conv/window_arguments.h"

namespace afina {

// y = activation(conv(x) + bias), every channel convolved alone with `multiplier` kernels.  x: (n, h, w, c),
// kernel: (kh, kw, c, multiplier), bias: (c * multiplier,) or none, y: (n, h', w', c * multiplier): output
// channel i * multiplier + j comes from input channel i.  Saves x and kernel, and what the activation's
// gradient needs.
Tensor depthwise_conv2d(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias,
                        const Pair& strides, const Padding& padding, const Pair& dilation,
                        const std::string& activation);

}  // namespace afina
