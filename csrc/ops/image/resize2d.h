#pragma once

#include <string>

#include "ops/conv/window_arguments.h"

namespace afina {

// The image with size[0] x size[1] pixels: x (n, h, w, c) to y (n, size[0], size[1], c), float32 or float64.
// Pixel o of an axis looks at position (o + 1/2) before / after - 1/2, cut off at the edges: "nearest" takes
// the pixel that holds it, "bilinear" weighs the two around it.  No smoothing before an image is made
// smaller. Saves nothing.
Tensor resize2d(const Tensor& x, const Pair& size, const std::string& interpolation);

}  // namespace afina
