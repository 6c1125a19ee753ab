#pragma once

#include <string>

#include "core/tensor.h"

namespace afina {

// x (n, *size, channels) with one to three axes of pixels, read at points (axes, n, *out): y (n, *out,
// channels), float32 or float64.  points[a] are positions on axis a in pixels, 0 the centre of the first.
// "bilinear" weighs the two pixels around a point on each axis, "nearest" takes the one that holds it.
// Outside the image there is fill_value ("constant"), the nearest pixel, the image mirrored at its outer
// border ("reflect": b a | a b) or repeated ("wrap").  Pixels of the share 0 are not read.  Gradients flow to
// x and not to the points.
Tensor grid_sample(const Tensor& x, const Tensor& points, const std::string& interpolation,
                   const std::string& fill_mode, double fill_value);

}  // namespace afina
