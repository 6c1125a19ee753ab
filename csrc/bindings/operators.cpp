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
  const auto binary = [&](const char* name, const char* op, Binary function) {
    tensor.def(name, unlocked_when_large(function, op), py::is_operator());
  };
  binary("__add__", Add::name, &on_operands<Add, &add, &add>);
  binary("__radd__", Add::name, &on_swapped<Add, &add, &add>);
  binary("__sub__", Subtract::name, &on_operands<Subtract, &subtract, &subtract>);
  binary("__rsub__", Subtract::name, &on_swapped<Subtract, &subtract>);
  binary("__mul__", Multiply::name, &on_operands<Multiply, &multiply, &multiply>);
  binary("__rmul__", Multiply::name, &on_swapped<Multiply, &multiply, &multiply>);
  binary("__truediv__", Divide::name, &on_operands<Divide, &divide, &divide>);
  binary("__rtruediv__", Divide::name, &on_swapped<Divide, &divide>);
  binary("__pow__", Power::name, &power_of);
  binary("__rpow__", Power::name, &on_swapped<Power, &power>);
  binary("__eq__", Equal::name, &on_operands<Equal, &equal>);
  binary("__ne__", NotEqual::name, &on_operands<NotEqual, &not_equal>);
  binary("__lt__", Less::name, &on_operands<Less, &less>);
  binary("__le__", LessEqual::name, &on_operands<LessEqual, &less_equal>);
  binary("__gt__", Greater::name, &on_operands<Greater, &greater>);
  binary("__ge__", GreaterEqual::name, &on_operands<GreaterEqual, &greater_equal>);
  tensor.def("__matmul__",
             unlocked_when_large(
                 +[](const Tensor& a, const Tensor& b) { return matmul(a, b, false, false); }, "matmul"),
             py::is_operator());
  tensor.def("__neg__", unlocked_when_large(Unary{&unary<Negative>}, Negative::name), py::is_operator());
  tensor.def("__abs__", unlocked_when_large(Unary{&unary<Abs>}, Abs::name), py::is_operator());
  tensor.attr("__hash__") =
      py::module_::import("builtins").attr("object").attr("__hash__");  // == is elementwise
  tensor.attr("__array_priority__") = 1000;                             // array + tensor asks the tensor

  tensor
      .def("sum", unlocked_when_large(&sum, "sum"), "The sum over the axes (None: all).",
           "axis"_a = py::none(), "keepdims"_a = false)
      .def("mean", unlocked_when_large(&mean, "mean"), "The mean over the axes (None: all).",
           "axis"_a = py::none(), "keepdims"_a = false)
      .def("max", unlocked_when_large(&largest, "max"), "The largest element over the axes (None: all).",
           "axis"_a = py::none(), "keepdims"_a = false)
      .def("min", unlocked_when_large(&smallest, "min"), "The smallest element over the axes (None: all).",
           "axis"_a = py::none(), "keepdims"_a = false)
      .def("astype", unlocked_when_large(&cast, "cast"), "The values in another dtype.", "dtype"_a)
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
