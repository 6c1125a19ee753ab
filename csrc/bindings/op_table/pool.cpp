#include "bindings/op_table.h"
#include "ops/pool/average_pool2d.h"
#include "ops/pool/max_pool2d.h"

namespace afina {

void add_pool_ops(OpTable& t) {
  t.op("max_pool2d", &max_pool2d, has_grad,
       "The largest value of each window, (n, h, w, c) to (n, h', w', c); `strides` defaults to `pool_size`; "
       "padding is "
       "\"valid\", \"same\" or ((top, bottom), (left, right)).",
       "x"_a, "pool_size"_a, "strides"_a = py::none(), "padding"_a = "valid");
  t.op("average_pool2d", &average_pool2d, has_grad,
       "The mean of each window without its padding, (n, h, w, c) to (n, h', w', c); arguments as for "
       "max_pool2d.",
       "x"_a, "pool_size"_a, "strides"_a = py::none(), "padding"_a = "valid");
}

}  // namespace afina
