#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>

#include "core/dtype.h"
#include "core/shape.h"

// How Python values become the small types of the core, wherever a bound function takes one.
namespace afina {

// "float32", numpy.float32, numpy.dtype("float32"), float, int, bool; nothing for what is no dtype of ours.
std::optional<DType> dtype_from_python(pybind11::handle source);

}  // namespace afina

namespace pybind11::detail {

template <>
struct type_caster<afina::DType> {
  PYBIND11_TYPE_CASTER(afina::DType, io_name("str | type", "str"));

  bool load(handle source, bool) {
    if (!isinstance<str>(source) && !isinstance<dtype>(source) && !PyType_Check(source.ptr())) return false;
    const std::optional<afina::DType> ours = afina::dtype_from_python(source);
    if (ours) value = *ours;
    return ours.has_value();
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
