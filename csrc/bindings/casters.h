#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "core/dtype.h"
#include "core/shape.h"

// How Python values become the small types of the core, wherever a bound function takes one.
namespace afina {

DType dtype_from_python(
    pybind11::handle source);  // "float32", numpy.float32, numpy.dtype("float32"), float, int, bool

}  // namespace afina

namespace pybind11::detail {

template <>
struct type_caster<afina::DType> {
  PYBIND11_TYPE_CASTER(afina::DType, const_name("str"));

  bool load(handle source, bool) {
    if (!isinstance<str>(source) && !isinstance<dtype>(source) && !PyType_Check(source.ptr())) return false;
    value = afina::dtype_from_python(source);
    return true;
  }
  static handle cast(afina::DType dtype, return_value_policy, handle) {
    return str(afina::dtype_name(dtype)).release();
  }
};

template <>
struct type_caster<afina::Shape> {
  PYBIND11_TYPE_CASTER(afina::Shape, const_name("tuple[int, ...]"));

  bool load(handle source, bool convert) {
    make_caster<std::vector<int64_t>> sizes;
    if (!sizes.load(source, convert)) return false;
    value = afina::Shape(cast_op<std::vector<int64_t>&>(sizes));
    return true;
  }
  static handle cast(const afina::Shape& shape, return_value_policy, handle) {
    tuple result(static_cast<size_t>(shape.rank()));
    for (int axis = 0; axis < shape.rank(); ++axis) result[static_cast<size_t>(axis)] = shape[axis];
    return result.release();
  }
};

}  // namespace pybind11::detail
