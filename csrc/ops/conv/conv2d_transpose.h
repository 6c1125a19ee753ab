#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ops/conv/window_arguments.h"

namespace afina {

// y = activation(bias + the image whose windows under `kernel` add up x): the gradient of conv2d by its
// image, as a layer (Zeiler et al. 2010).  x: (n, h, w, channels), kernel: (kh, kw, filters, channels), bias:
// (filters,), y: (n, h', w', filters), h' and w' as window_under (window_arguments.h) says.  Saves x, kernel
// and what the activation keeps.
Tensor conv2d_transpose(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias,
                        const Pair& strides, const Padding& padding,
                        const std::optional<std::vector<int64_t>>& output_padding, const Pair& dilation,
                        const std::string& activation);

}  // namespace afina
