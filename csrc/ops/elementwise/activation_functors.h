#pragma once

#include "ops/elementwise/function_list.h"

// The activation functions: value and slope once, for vectors of float and double and for a CUDA thread's
// float. NaN goes through all of them.
namespace afina {

struct Relu : Smooth<Saves::output> {  // max(x, 0); slope 0 at 0
  static constexpr const char* name = "relu";
  static constexpr bool integers = true;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return max(splat<V>(0), x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return select(y > splat<V>(0), splat<V>(1), splat<V>(0));
  }
};

struct Relu6 : Smooth<Saves::output> {  // min(max(x, 0), 6)
  static constexpr const char* name = "relu6";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return limited(x, 0.0, 6.0);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return select((y > splat<V>(0)) & (y < splat<V>(6)), splat<V>(1), splat<V>(0));
  }
};

struct LeakyRelu : Smooth<Saves::output> {  // x for x > 0, negative_slope x otherwise; negative_slope >= 0
  static constexpr const char* name = "leaky_relu";
  double negative_slope = 0.3;  // Keras's
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return select(x > splat<V>(0), x, splat<V>(negative_slope) * x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return select(y > splat<V>(0), splat<V>(1), splat<V>(negative_slope));
  }
};

struct Sigmoid : Smooth<Saves::output> {  // 1 / (1 + e^-x)
  static constexpr const char* name = "sigmoid";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return splat<V>(1) / (splat<V>(1) + exp(-x));
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return y * (splat<V>(1) - y);
  }
};

struct HardSigmoid : Smooth<Saves::output> {  // min(max(x / 6 + 1/2, 0), 1)
  static constexpr const char* name = "hard_sigmoid";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return limited(x * splat<V>(1.0 / 6) + splat<V>(0.5), 0.0, 1.0);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return select((y > splat<V>(0)) & (y < splat<V>(1)), splat<V>(1.0 / 6), splat<V>(0));
  }
};

struct Tanh : Smooth<Saves::output> {
  static constexpr const char* name = "tanh";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return tanh(x);
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return splat<V>(1) - y * y;
  }
};

struct Elu : Smooth<Saves::output> {  // x for x > 0, alpha (e^x - 1) otherwise; alpha >= 0
  static constexpr const char* name = "elu";
  double alpha = 1.0;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return select(x > splat<V>(0), x, splat<V>(alpha) * expm1(x));
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return select(y > splat<V>(0), splat<V>(1), y + splat<V>(alpha));
  }
};

struct Selu
    : Smooth<Saves::output> {  // scale x for x > 0, scale alpha (e^x - 1) otherwise (Klambauer et al. 2017)
  static constexpr const char* name = "selu";
  static constexpr double kScale = 1.0507009873554804934, kAlpha = 1.6732632423543772848;
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return select(x > splat<V>(0), splat<V>(kScale) * x, splat<V>(kScale * kAlpha) * expm1(x));
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return select(y > splat<V>(0), splat<V>(kScale), y + splat<V>(kScale * kAlpha));
  }
};

struct Softplus : Smooth<Saves::output> {  // log(1 + e^x)
  static constexpr const char* name = "softplus";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return max(splat<V>(0), x) + log1p(exp(-abs(x)));
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    return -expm1(-y);
  }
};

struct Softsign : Smooth<Saves::output> {  // x / (1 + |x|)
  static constexpr const char* name = "softsign";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return x / (splat<V>(1) + abs(x));
  }
  template <class V>
  KERNEL_INLINE V slope(V, V y) const {
    const V rest = splat<V>(1) - abs(y);
    return rest * rest;
  }
};

struct Silu : Smooth<Saves::input> {  // x sigmoid(x)
  static constexpr const char* name = "silu";
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return x / (splat<V>(1) + exp(-x));
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    const V s = splat<V>(1) / (splat<V>(1) + exp(-x));
    return s * (splat<V>(1) + x * (splat<V>(1) - s));
  }
};

struct Gelu
    : Smooth<Saves::input> {  // x Phi(x): Phi(x) = (1 + erf(x / sqrt 2)) / 2 of the normal distribution
  static constexpr const char* name = "gelu";
  static constexpr double kDensityAtZero = 0.39894228040143267794;
  template <class V>
  KERNEL_INLINE V bell(V x) const {
    return exp(splat<V>(-0.5) * x * x);
  }
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return x * normal_below(x, bell(x));
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    const V b = bell(x);
    return normal_below(x, b) + x * splat<V>(kDensityAtZero) * b;
  }
};

struct GeluTanh
    : Smooth<Saves::input> {  // x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 (Hendrycks & Gimpel 2016)
  static constexpr const char* name = "gelu_tanh";
  static constexpr double kFactor = 0.79788456080286535588, kCubic = 0.044715;
  template <class V>
  KERNEL_INLINE V bent(V x) const {
    return tanh(splat<V>(kFactor) * x * (splat<V>(1) + splat<V>(kCubic) * x * x));
  }
  template <class V>
  KERNEL_INLINE V value(V x) const {
    return splat<V>(0.5) * x * (splat<V>(1) + bent(x));
  }
  template <class V>
  KERNEL_INLINE V slope(V x, V) const {
    const V t = bent(x), inner = splat<V>(kFactor) * (splat<V>(1) + splat<V>(3 * kCubic) * x * x);
    return splat<V>(0.5) * (splat<V>(1) + t + x * (splat<V>(1) - t * t) * inner);
  }
};

// Those without a parameter, or with its default, can close a matrix product or a convolution (activation.h).
using ActivationFunctors = List<Relu, Relu6, LeakyRelu, Sigmoid, HardSigmoid, Tanh, Elu, Selu, Softplus,
                                Softsign, Silu, Gelu, GeluTanh>;

}  // namespace afina
