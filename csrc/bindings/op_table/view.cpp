#include "ops/view/view.h"

#include "bindings/op_table.h"
#include "ops/view/slice.h"

namespace afina {

void add_view_ops(OpTable& t) {
  t.op("reshape", py::overload_cast<const Tensor&, const std::vector<int64_t>&>(&reshape), has_grad,
       "x with another shape of the same size, sharing its memory; one size may be -1: what is left.", "x"_a,
       "shape"_a);
  t.op("expand_dims", &expand_dims, has_grad, "x with a new axis of size one before `axis`.", "x"_a,
       "axis"_a);
  t.op("squeeze", &squeeze, has_grad, "x without the given axes of size one (None: all of them).", "x"_a,
       "axis"_a = py::none());
  t.op("transpose", &transpose, has_grad,
       "Axis k of the result is axis axes[k] of x; None reverses the axes.", "x"_a, "axes"_a = py::none());
  t.op("flip", &flip, has_grad, "x reversed along the axes (None: all of them).", "x"_a,
       "axis"_a = py::none());
  t.op("slice", &slice, has_grad,
       "x[starts:stops:steps], one triple per leading axis, clipped like Python's slices; x[...] writes it "
       "shorter.",
       "x"_a, "starts"_a, "stops"_a, "steps"_a);
  t.op("concatenate", &concatenate, has_grad,
       "The tensors behind one another along `axis`; their other sizes and dtypes agree.", "tensors"_a,
       "axis"_a = -1);
  t.op("stack", &stack, has_grad, "The tensors, all of one shape, along a new axis.", "tensors"_a,
       "axis"_a = 0);
  t.op("pad", &pad, has_grad, "x with paddings[a] = (before, after) elements of `value` around axis a.",
       "x"_a, "paddings"_a, "value"_a = 0.0);
}

}  // namespace afina
