#include "bindings/op_table.h"
#include "ops/image/resize2d.h"

namespace afina {

void add_image_ops(OpTable& t) {
  t.op("resize2d", &resize2d, has_grad,
       "Images (n, h, w, c) with size[0] x size[1] pixels; interpolation \"nearest\" or \"bilinear\", with "
       "the centres of pixels at (o + 1/2) h / size[0] - 1/2.",
       "x"_a, "size"_a, "interpolation"_a = "bilinear");
}

}  // namespace afina
