#include "bindings/arithmetic.h"
#include "bindings/bindings.h"
#include "bindings/op_table.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/unary.h"
#include "ops/linear/matmul.h"
#include "ops/reduce/reduce.h"
#include "ops/view/view.h"

namespace afina {
namespace {

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Operand&, const Operand&);

}  // namespace

// x + y and its kin, and the methods that read better behind a tensor: each is a row of the op table.
void add_operators(TensorClass& tensor) {
  const auto binary = [&](const char* name, Binary function) {
    tensor.def(name, unlocked_when_large(function), py::is_operator());
  };
  binary("__add__", &on_operands<Add, &add, &add>);
  binary("__radd__", &on_swapped<Add, &add, &add>);
  binary("__sub__", &on_operands<Subtract, &subtract, &subtract>);
  binary("__rsub__", &on_swapped<Subtract, &subtract>);
  binary("__mul__", &on_operands<Multiply, &multiply, &multiply>);
  binary("__rmul__", &on_swapped<Multiply, &multiply, &multiply>);
  binary("__truediv__", &on_operands<Divide, &divide, &divide>);
  binary("__rtruediv__", &on_swapped<Divide, &divide>);
  binary("__pow__", &power_of);
  binary("__rpow__", &on_swapped<Power, &power>);
  binary("__eq__", &on_operands<Equal, &equal>);
  binary("__ne__", &on_operands<NotEqual, &not_equal>);
  binary("__lt__", &on_operands<Less, &less>);
  binary("__le__", &on_operands<LessEqual, &less_equal>);
  binary("__gt__", &on_operands<Greater, &greater>);
  binary("__ge__", &on_operands<GreaterEqual, &greater_equal>);
  tensor.def(
      "__matmul__", [](const Tensor& a, const Tensor& b) { return matmul(a, b, false, false); },
      py::is_operator());
  tensor.def("__neg__", unlocked_when_large(Unary{&unary<Negative>}), py::is_operator());
  tensor.def("__abs__", unlocked_when_large(Unary{&unary<Abs>}), py::is_operator());
  tensor.attr("__hash__") =
      py::module_::import("builtins").attr("object").attr("__hash__");  // == is elementwise
  tensor.attr("__array_priority__") = 1000;                             // array + tensor asks the tensor

  tensor
      .def("sum", unlocked_when_large(&sum), "The sum over the axes (None: all).", "axis"_a = py::none(),
           "keepdims"_a = false)
      .def("mean", unlocked_when_large(&mean), "The mean over the axes (None: all).", "axis"_a = py::none(),
           "keepdims"_a = false)
      .def("max", unlocked_when_large(&largest), "The largest element over the axes (None: all).",
           "axis"_a = py::none(), "keepdims"_a = false)
      .def("min", unlocked_when_large(&smallest), "The smallest element over the axes (None: all).",
           "axis"_a = py::none(), "keepdims"_a = false)
      .def("astype", unlocked_when_large(&cast), "The values in another dtype.", "dtype"_a)
      .def(
          "reshape",
          [](const Tensor& x, const py::args& sizes) {
            const bool one_sequence = sizes.size() == 1 && !PyIndex_Check(py::object(sizes[0]).ptr());
            const py::object wanted = one_sequence ? py::object(sizes[0]) : py::object(sizes);
            return reshape(x, wanted.cast<std::vector<int64_t>>());
          },
          "The same values, sharing memory, in another shape: x.reshape(2, -1) or x.reshape((2, -1)).")
      .def_property_readonly(
          "T", [](const Tensor& x) { return transpose(x, std::nullopt); }, "The axes reversed (a copy).");
}

}  // namespace afina
