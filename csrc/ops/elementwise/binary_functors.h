#pragma once

#include "ops/elementwise/function_list.h"

// The functions of two elements.  Arithmetic gives the operands' dtype, comparisons give bool.
namespace afina {

struct Add {
  static constexpr const char* name = "add";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return a + b;
  }
};
struct Subtract {
  static constexpr const char* name = "subtract";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return a - b;
  }
};
struct Multiply {
  static constexpr const char* name = "multiply";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return a * b;
  }
};
struct Divide {  // floating dtypes only: the op refuses integers, so that nothing divides by an integer zero
  static constexpr const char* name = "divide";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return a / b;
  }
};
struct Power {  // integers: by squaring, wrapping around; a negative exponent gives 0 save for bases 1 and -1
  static constexpr const char* name = "power";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    if constexpr (static_cast<Scalar<V>>(0.5) != 0) {
      return pow(a, b);
    } else if constexpr (sizeof(V) == sizeof(Scalar<V>)) {
      return whole_power(a, b);
    } else {
      V result = a;
      for (int64_t i = 0; i < kLanes<Scalar<V>>; ++i) result[i] = whole_power(a[i], b[i]);
      return result;
    }
  }
  template <class T>
  KERNEL_INLINE static T whole_power(T base, T exponent) {
    if (exponent < 0) return base == 1 ? T{1} : base == -1 ? (exponent % 2 == 0 ? T{1} : T{-1}) : T{0};
    uint64_t result = 1, factor = static_cast<uint64_t>(base);
    for (; exponent > 0; exponent /= 2, factor *= factor)
      if (exponent % 2 == 1) result *= factor;
    return static_cast<T>(result);
  }
};
struct Maximum {  // NaN wins
  static constexpr const char* name = "maximum";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return select((a > b) | (a != a), a, b);
  }
};
struct Minimum {  // NaN wins
  static constexpr const char* name = "minimum";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return select((a < b) | (a != a), a, b);
  }
};

struct PRelu {  // a for a > 0, b a otherwise
  static constexpr const char* name = "prelu";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return select(a > V{}, a, b * a);
  }
};
struct PReluSlope {  // its slope in a
  static constexpr const char* name = "prelu";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return select(a > V{}, splat<V>(1), b);
  }
};

// Half of the gradient of maximum and minimum: a where b is not 0, 0 elsewhere.
struct KeepWhere {
  static constexpr const char* name = "keep_where";
  template <class V>
  KERNEL_INLINE V value(V a, V b) const {
    return select(b != V{}, a, V{});
  }
};

using ArithmeticFunctors =
    List<Add, Subtract, Multiply, Divide, Power, Maximum, Minimum, PRelu, PReluSlope, KeepWhere>;

struct Equal {
  static constexpr const char* name = "equal";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return a == b;
  }
};
struct NotEqual {
  static constexpr const char* name = "not_equal";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return a != b;
  }
};
struct Less {
  static constexpr const char* name = "less";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return a < b;
  }
};
struct LessEqual {
  static constexpr const char* name = "less_equal";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return a <= b;
  }
};
struct Greater {
  static constexpr const char* name = "greater";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return a > b;
  }
};
struct GreaterEqual {
  static constexpr const char* name = "greater_equal";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return a >= b;
  }
};
struct LogicalAnd {
  static constexpr const char* name = "logical_and";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return (a != V{}) & (b != V{});
  }
};
struct LogicalOr {
  static constexpr const char* name = "logical_or";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return (a != V{}) | (b != V{});
  }
};
struct BothFinite {
  static constexpr const char* name = "isfinite";
  template <class V>
  KERNEL_INLINE auto value(V a, V b) const {
    return (a - a == V{}) & (b - b == V{});
  }
};

using ComparisonFunctors =
    List<Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, LogicalAnd, LogicalOr, BothFinite>;

}  // namespace afina
