#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>

#include "core/error.h"

namespace afina {

enum class DType : uint8_t { boolean, uint8, int32, int64, float32, float64 };

inline constexpr DType kDTypes[] = {DType::boolean, DType::uint8,   DType::int32,
                                    DType::int64,   DType::float32, DType::float64};

constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::boolean:
    case DType::uint8: return 1;
    case DType::int32:
    case DType::float32: return 4;
    case DType::int64:
    case DType::float64: return 8;
  }
  return 0;
}

constexpr const char* dtype_name(DType dtype) {
  switch (dtype) {
    case DType::boolean: return "bool";
    case DType::uint8: return "uint8";
    case DType::int32: return "int32";
    case DType::int64: return "int64";
    case DType::float32: return "float32";
    case DType::float64: return "float64";
  }
  return "";
}

inline std::ostream& operator<<(std::ostream& out, DType dtype) { return out << dtype_name(dtype); }

constexpr bool is_floating(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

// The DType of a C++ type.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::boolean;
};
template <>
struct DTypeOf<uint8_t> {
  static constexpr DType value = DType::uint8;
};
template <>
struct DTypeOf<int32_t> {
  static constexpr DType value = DType::int32;
};
template <>
struct DTypeOf<int64_t> {
  static constexpr DType value = DType::int64;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::float64;
};
template <class T>
inline constexpr DType kDTypeOf = DTypeOf<T>::value;

// f.operator()<T>() with T the C++ type of `dtype`.  The three visitors differ in what they allow.
template <class F>
decltype(auto) visit_floating(DType dtype, const char* op, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    default: fail<DTypeError>(op, "needs float32 or float64, got ", dtype);
  }
}

template <class F>
decltype(auto) visit_numeric(DType dtype, const char* op, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    case DType::int32: return f.template operator()<int32_t>();
    case DType::int64: return f.template operator()<int64_t>();
    default: fail<DTypeError>(op, "needs float32, float64, int32 or int64, got ", dtype);
  }
}

template <class F>
decltype(auto) visit_index(DType dtype, const char* op, F&& f) {
  switch (dtype) {
    case DType::int32: return f.template operator()<int32_t>();
    case DType::int64: return f.template operator()<int64_t>();
    default: fail<DTypeError>(op, "indices need int32 or int64, got ", dtype);
  }
}

template <class F>
decltype(auto) visit_any(DType dtype, F&& f) {
  switch (dtype) {
    case DType::boolean: return f.template operator()<bool>();
    case DType::uint8: return f.template operator()<uint8_t>();
    case DType::int32: return f.template operator()<int32_t>();
    case DType::int64: return f.template operator()<int64_t>();
    case DType::float32: return f.template operator()<float>();
    default: return f.template operator()<double>();
  }
}

}  // namespace afina
