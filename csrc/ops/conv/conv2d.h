#pragma once

#include <optional>
#include <string>

#include "core/tensor.h"
#include "ops/conv/window_arguments.h"

namespace afina {

// y[n, i, j, f] = activation(bias[f] + sum over r, s, c of
//                 x[n, i stride - top + r dilation, j stride - left + s dilation, c] kernel[r, s, c, f]),
// x zero outside the image.  x: (n, h, w, channels), kernel: (kh, kw, channels / groups, filters), bias:
// (filters,). Group g maps its channels to filters [g filters / groups, (g + 1) filters / groups). Saves x,
// kernel and what the activation keeps.
Tensor conv2d(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias, const Pair& strides,
              const Padding& padding, const Pair& dilation, int64_t groups, const std::string& activation);

}  // namespace afina
