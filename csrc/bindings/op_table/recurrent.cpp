#include "bindings/op_table.h"
#include "ops/recurrent/gru.h"
#include "ops/recurrent/lstm.h"
#include "ops/recurrent/simple_rnn.h"

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
  t.op("gru", &gru, has_grad,
       "Gated recurrent unit over x (batch, steps, inputs): update z, reset r, candidate g, h = z h + (1 - "
       "z) g; "
       "returns (every h, the last h). With reset_after g = activation(x_t kernel + bias + r (h "
       "recurrent_kernel "
       "+ recurrent bias)) and bias is (2, 3 units), else r h is multiplied and bias is (3 units,). mask and "
       "recurrent_scale as in lstm.",
       "x"_a, "kernel"_a, "recurrent_kernel"_a, "bias"_a = py::none(), "initial_h"_a = py::none(),
       "mask"_a = py::none(), "recurrent_scale"_a = py::none(), "go_backwards"_a = false,
       "activation"_a = "tanh", "recurrent_activation"_a = "sigmoid", "reset_after"_a = true);
  t.op("simple_rnn", &simple_rnn, has_grad,
       "h = activation(x_t kernel + h recurrent_kernel + bias) over x (batch, steps, inputs); returns (every "
       "h, "
       "the last h). mask and recurrent_scale as in lstm.",
       "x"_a, "kernel"_a, "recurrent_kernel"_a, "bias"_a = py::none(), "initial_h"_a = py::none(),
       "mask"_a = py::none(), "recurrent_scale"_a = py::none(), "go_backwards"_a = false,
       "activation"_a = "tanh");
}

}  // namespace afina
