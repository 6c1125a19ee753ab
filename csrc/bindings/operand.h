#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <utility>

#include "core/tensor.h"

// An operand of arithmetic as Python writes it: a Tensor, a number (which takes the other's dtype), or a
// NumPy array.
namespace afina {

struct Operand {
  Tensor tensor;  // undefined: a number
  double number = 0;
  bool whole = true;  // was the number an int or a bool?
  int64_t integer = 0;
};

// Both as tensors.  Two numbers become float32, or int64 when both are whole.
std::pair<Tensor, Tensor> operand_tensors(const char* op, const Operand& a, const Operand& b);

inline int64_t elements(const Operand& x) { return x.tensor.defined() ? x.tensor.size() : 1; }

}  // namespace afina

namespace pybind11::detail {

template <>
struct type_caster<afina::Operand> {
  PYBIND11_TYPE_CASTER(afina::Operand, const_name("Tensor | float"));

  bool load(handle source, bool) {
    PyObject* const object = source.ptr();
    if (PyFloat_Check(object)) {
      value.number = PyFloat_AS_DOUBLE(object);
      value.whole = false;
      return true;
    }
    if (PyLong_Check(object)) {
      int overflow = 0;
      value.integer = PyLong_AsLongLongAndOverflow(object, &overflow);
      value.number = PyLong_AsDouble(object);
      if (overflow == 0 && !PyErr_Occurred()) return true;
      PyErr_Clear();
      return false;
    }
    make_caster<afina::Tensor> tensor;
    if (tensor.load(source, false)) {
      value.tensor = cast_op<afina::Tensor&>(tensor);
      return true;
    }
    if (!isinstance<array>(source) && !hasattr(source, "__array__")) return false;
    value.tensor = module_::import("afina._C")
                       .attr("from_numpy")(array(reinterpret_borrow<object_t>(source)))
                       .cast<afina::Tensor>();
    return true;
  }

 private:
  using object_t = pybind11::object;
};

}  // namespace pybind11::detail
