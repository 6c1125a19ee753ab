#include "bindings/op_table.h"
#include "ops/image/grid_sample.h"
#include "ops/image/resize2d.h"

namespace afina {

void add_image_ops(OpTable& t) {
  t.op("resize2d", &resize2d, has_grad,
       "Images (n, h, w, c) with size[0] x size[1] pixels; interpolation \"nearest\" or \"bilinear\", with "
       "the centres of pixels at (o + 1/2) h / size[0] - 1/2.",
       "x"_a, "size"_a, "interpolation"_a = "bilinear");
  t.op(
      "grid_sample", &grid_sample, has_grad,
      "x (n, *size, c), one to three axes, read at points (axes, n, *out): points[a] are positions on axis a "
      "in pixels, 0 the first one's centre; interpolation \"nearest\" or \"bilinear\"; outside fill_mode "
      "\"constant\" (fill_value), \"nearest\", \"reflect\" or \"wrap\".  Gradients flow to x.",
      "x"_a, "points"_a, "interpolation"_a = "bilinear", "fill_mode"_a = "constant", "fill_value"_a = 0.0);
}

}  // namespace afina
