#include "bindings/op_table.h"
#include "ops/conv/conv2d.h"
#include "ops/conv/conv2d_transpose.h"
#include "ops/conv/depthwise_conv2d.h"

namespace afina {

void add_conv_ops(OpTable& t) {
  const Pair ones = std::vector<int64_t>{1, 1};
  t.op("conv2d", &conv2d, has_grad,
       "activation(x * kernel + bias) over images x (n, h, w, channels), kernel (kh, kw, channels / groups, "
       "filters); "
       "padding \"valid\", \"same\" or ((top, bottom), (left, right)).",
       "x"_a, "kernel"_a, "bias"_a = py::none(), "strides"_a = ones, "padding"_a = "valid",
       "dilation"_a = ones, "groups"_a = 1, "activation"_a = "linear");
  t.op(
      "conv2d_transpose", &conv2d_transpose, has_grad,
      "activation(bias + the image whose windows under the kernel add up x), the gradient of conv2d by its "
      "image: images x (n, h, w, channels), kernel (kh, kw, filters, channels); padding \"valid\" gives (h - "
      "1) stride + max(kh, stride) rows, \"same\" h stride; ((top, bottom), (left, right)) is cut off.",
      "x"_a, "kernel"_a, "bias"_a = py::none(), "strides"_a = ones, "padding"_a = "valid",
      "output_padding"_a = py::none(), "dilation"_a = ones, "activation"_a = "linear");
  t.op("depthwise_conv2d", &depthwise_conv2d, has_grad,
       "activation(x * kernel + bias), every channel alone: images x (n, h, w, c), kernel (kh, kw, c, "
       "multiplier), result (n, h', w', c * multiplier); padding as for conv2d.",
       "x"_a, "kernel"_a, "bias"_a = py::none(), "strides"_a = ones, "padding"_a = "valid",
       "dilation"_a = ones, "activation"_a = "linear");
}

}  // namespace afina
