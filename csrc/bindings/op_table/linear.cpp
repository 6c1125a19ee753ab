#include "ops/linear/linear.h"
#include "bindings/op_table.h"
#include "ops/linear/matmul.h"

namespace afina {

void add_linear_ops(OpTable& t) {
  t.op("matmul", &matmul, has_grad,
       "The matrix product of the last two axes, either operand read transposed; leading axes broadcast.",
       "a"_a, "b"_a, "transpose_a"_a = false, "transpose_b"_a = false);
  t.op("linear", &linear, has_grad, "activation(x kernel + bias); x (..., n), kernel (n, m), bias (m,).",
       "x"_a, "kernel"_a, "bias"_a = py::none(), "activation"_a = "linear");
}

}  // namespace afina
