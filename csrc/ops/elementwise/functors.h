#pragma once

#include "ops/elementwise/activation_functors.h"

// The functions of one element: value and slope once, for vectors of float and double and for a CUDA thread's
// float. Nothing else names a function, save its row in the op table and its case.
namespace afina {

struct Negative : Smooth<Saves::nothing> {
  static constexpr const char* name = "negative";
  static constexpr bool integers = true;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return -x;
  }
  template <class V>
  KERNEL_INLINE V slope(V, V) const {
    return splat<V>(-1);
  }
};

struct Exp : Smooth<Saves::output> {
  static constexpr const char* name = "exp";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return exp(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return y;
  }
};

struct Log : Smooth<Saves::input> {
  static constexpr const char* name = "log";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return log(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return splat<V>(1) / x;
  }
};

struct Log1p : Smooth<Saves::input> {
  static constexpr const char* name = "log1p";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return log1p(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return splat<V>(1) / (splat<V>(1) + x);
  }
};

struct Expm1 : Smooth<Saves::output> {
  static constexpr const char* name = "expm1";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return expm1(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return y + splat<V>(1);
  }
};

struct Sqrt : Smooth<Saves::output> {
  static constexpr const char* name = "sqrt";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return sqrt(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return splat<V>(0.5) / y;
  }
};

struct Rsqrt : Smooth<Saves::output> {  // 1 / sqrt(x)
  static constexpr const char* name = "rsqrt";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return rsqrt(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return splat<V>(-0.5) * y * y * y;
  }
};

struct Square : Smooth<Saves::input> {
  static constexpr const char* name = "square";
  static constexpr bool integers = true;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return x * x;
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return x + x;
  }
};

struct Reciprocal : Smooth<Saves::output> {
  static constexpr const char* name = "reciprocal";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return splat<V>(1) / x;
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return -(y * y);
  }
};

struct Abs : Smooth<Saves::input> {  // slope 0 at 0
  static constexpr const char* name = "abs";
  static constexpr bool integers = true;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return abs(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return select(x > splat<V>(0), splat<V>(1), select(x < splat<V>(0), splat<V>(-1), x));
  }
};

struct Sin : Smooth<Saves::input> {
  static constexpr const char* name = "sin";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return sin(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return cos(x);
  }
};

struct Cos : Smooth<Saves::input> {
  static constexpr const char* name = "cos";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return cos(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return -sin(x);
  }
};

struct Clip : Smooth<Saves::input> {  // min(max(x, low), high); slope 1 from low to high, both included
  static constexpr const char* name = "clip";
  double low = 0, high = 0;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return limited(x, low, high);
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    return select((x >= splat<V>(low)) & (x <= splat<V>(high)), splat<V>(1), splat<V>(0));
  }
};

struct Sign : Staircase {
  static constexpr const char* name = "sign";
  static constexpr bool integers = true;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return select(x > splat<V>(0), splat<V>(1), select(x < splat<V>(0), splat<V>(-1), x));
  }
};

struct Floor : Staircase {
  static constexpr const char* name = "floor";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return floor(x);
  }
};

struct Ceil : Staircase {
  static constexpr const char* name = "ceil";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return ceil(x);
  }
};

struct Round : Staircase {  // halves to the even neighbour
  static constexpr const char* name = "round";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return round(x);
  }
};

using MathFunctors = List<Negative, Exp, Log, Log1p, Expm1, Sqrt, Rsqrt, Square, Reciprocal, Abs, Sin, Cos,
                          Clip, Sign, Floor, Ceil, Round>;
using UnaryFunctors = Joined<ActivationFunctors, MathFunctors>::type;

}  // namespace afina
