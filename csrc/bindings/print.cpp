#include <string>

#include "bindings/bindings.h"
#include "bindings/casters.h"
#include "core/node.h"

namespace py = pybind11;
using py::operator""_a;

namespace afina {
namespace {

// Tensor([[1., 2.], [3., 4.]], shape=(2, 2), dtype=float32): the values as NumPy prints them, and what NumPy
// cannot say.
std::string repr(const Tensor& x) {
  const py::object array = py::cast(x).attr("numpy")();
  const std::string prefix = "Tensor(";
  const auto values =
      py::module_::import("numpy")
          .attr("array2string")(array, "separator"_a = ", ", "prefix"_a = prefix, "threshold"_a = 100)
          .cast<std::string>();
  std::ostringstream text;
  text << prefix << values << ", shape=" << x.shape() << ", dtype=" << x.dtype();
  if (!x.device().is_cpu()) text << ", device=" << x.device();
  if (!x.is_leaf())
    text << ", made_by=" << x.node()->name();
  else if (x.requires_grad())
    text << ", requires_grad=True";
  text << ')';
  return text.str();
}

}  // namespace

void add_printing(TensorClass& tensor) { tensor.def("__repr__", &repr); }

}  // namespace afina
