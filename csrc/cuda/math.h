#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "core/inline.h"

// Elementary functions of one thread's number, under the names that cpu/math.h and cpu/vec.h have for a
// vector: a functor written for V serves both.  They are CUDA's own, at most 2 ulp from the exact value.
namespace afina {

template <class V>
using Scalar = V;

template <class T>
inline constexpr int64_t kLanes = 1;

template <class V>
KERNEL_INLINE V splat(double value) {
  return static_cast<V>(value);
}

// mask ? a : b
template <class V>
KERNEL_INLINE V select(bool mask, V a, V b) {
  return mask ? a : b;
}
template <class V>
KERNEL_INLINE V max(V a, V b) {
  return a > b ? a : b;
}
template <class V>
KERNEL_INLINE V min(V a, V b) {
  return a < b ? a : b;
}

KERNEL_INLINE int32_t abs(int32_t x) { return x < 0 ? -x : x; }
KERNEL_INLINE int64_t abs(int64_t x) { return x < 0 ? -x : x; }

KERNEL_INLINE float abs(float x) { return ::fabsf(x); }
KERNEL_INLINE float round(float x) { return ::rintf(x); }  // halves to the even neighbour
KERNEL_INLINE float floor(float x) { return ::floorf(x); }
KERNEL_INLINE float ceil(float x) { return ::ceilf(x); }
KERNEL_INLINE float sqrt(float x) { return ::sqrtf(x); }
KERNEL_INLINE float rsqrt(float x) { return ::rsqrtf(x); }
KERNEL_INLINE float exp(float x) { return ::expf(x); }
KERNEL_INLINE float expm1(float x) { return ::expm1f(x); }
KERNEL_INLINE float log(float x) { return ::logf(x); }
KERNEL_INLINE float log1p(float x) { return ::log1pf(x); }
KERNEL_INLINE float tanh(float x) { return ::tanhf(x); }
// The part of the standard normal distribution below x; the CPU's wants e^(-x^2/2) as well.
KERNEL_INLINE float normal_below(float x, float) { return 0.5f * ::erfcf(x * -0.70710678118654752440f); }
KERNEL_INLINE float sin(float x) { return ::sinf(x); }
KERNEL_INLINE float cos(float x) { return ::cosf(x); }
KERNEL_INLINE float pow(float x, float y) { return ::powf(x, y); }

KERNEL_INLINE float copy_sign(float size, float sign) { return ::copysignf(size, sign); }
KERNEL_INLINE double copy_sign(double size, double sign) { return ::copysign(size, sign); }

KERNEL_INLINE double abs(double x) { return ::fabs(x); }
KERNEL_INLINE double round(double x) { return ::rint(x); }
KERNEL_INLINE double floor(double x) { return ::floor(x); }
KERNEL_INLINE double ceil(double x) { return ::ceil(x); }
KERNEL_INLINE double sqrt(double x) { return ::sqrt(x); }
KERNEL_INLINE double rsqrt(double x) { return ::rsqrt(x); }
KERNEL_INLINE double exp(double x) { return ::exp(x); }
KERNEL_INLINE double expm1(double x) { return ::expm1(x); }
KERNEL_INLINE double log(double x) { return ::log(x); }
KERNEL_INLINE double log1p(double x) { return ::log1p(x); }
KERNEL_INLINE double tanh(double x) { return ::tanh(x); }
KERNEL_INLINE double normal_below(double x, double) { return 0.5 * ::erfc(x * -0.70710678118654752440); }
KERNEL_INLINE double sin(double x) { return ::sin(x); }
KERNEL_INLINE double cos(double x) { return ::cos(x); }
KERNEL_INLINE double pow(double x, double y) { return ::pow(x, y); }

// x limited to [low, high]; NaN stays.
template <class V>
KERNEL_INLINE V limited(V x, double low, double high) {
  x = x < splat<V>(low) ? splat<V>(low) : x;
  return x > splat<V>(high) ? splat<V>(high) : x;
}

}  // namespace afina
