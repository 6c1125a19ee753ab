#include "bindings/op_table.h"
#include "ops/recurrent/lstm.h"

namespace afina {

void add_recurrent_ops(OpTable& t) {
  t.op("lstm", &lstm, has_grad,
       "Long short-term memory over x (batch, steps, inputs): [i f g o] = x_t kernel + h recurrent_kernel + "
       "bias, "
       "c = f c + i g, h = o activation(c); returns (every h, the last h, the last c). Where mask (batch, "
       "steps) is "
       "false the state passes through; recurrent_scale (batch, units) multiplies h before the product and "
       "has "
       "no gradient.",
       "x"_a, "kernel"_a, "recurrent_kernel"_a, "bias"_a = py::none(), "initial_h"_a = py::none(),
       "initial_c"_a = py::none(), "mask"_a = py::none(), "recurrent_scale"_a = py::none(),
       "go_backwards"_a = false, "activation"_a = "tanh", "recurrent_activation"_a = "sigmoid");
}

}  // namespace afina
