#pragma once

#include "cpu/rounding.h"

// Elementary functions of a vector: at most 2 ulp from the exact value for float, on every ISA, with fused
// multiply-add or without, over the whole range (denormals, signed zeros, infinities and NaN included;
// tests/test_elementwise.py sweeps them).  double goes through the C library lane by lane.  Polynomials are
// those of Cephes (Moshier) where not said otherwise.
namespace afina {

// Double: lane by lane.

// f on each lane, by a scalar function of the C library.
template <class F>
KERNEL_INLINE Vec<double> each_lane(Vec<double> x, const F& f) {
  Vec<double> y = x;
  for (int64_t i = 0; i < kLanes<double>; ++i) y[i] = f(x[i]);
  return y;
}

// Exp and its relatives.

namespace detail {

using Float = Vec<float>;
using Int = Mask<float>;
using Double = Vec<double>;
using Long = Mask<double>;

inline constexpr double kLog2E = 1.4426950408889634;
// ln 2 in two parts; the first has ten bits, so that its product with an exponent is exact.
inline constexpr double kLn2High = 0.693359375, kLn2Low = -2.12194440e-4;
inline constexpr double kRoundingMagic = 0x1.8p23;  // added, it leaves the nearest integer in the low bits
inline constexpr int32_t kRoundingMagicBits = 0x4B400000;

// 2^n for a normal result.
KERNEL_INLINE Float power_of_two(Int n) { return from_bits<Float>((n + 127) << 23); }

struct Reduced {
  Float rest;      // x - n ln 2, within +-0.35
  Float exponent;  // n
  Int integer;     // n
};
KERNEL_INLINE Reduced reduce_by_ln2(Float x) {
  const Float shifted = x * splat<Float>(kLog2E) + splat<Float>(kRoundingMagic);
  const Float n = shifted - splat<Float>(kRoundingMagic);
  const Float rest = (x - n * splat<Float>(kLn2High)) - n * splat<Float>(kLn2Low);
  return {rest, n, bits_of(shifted) - kRoundingMagicBits};
}

// Terms of polynomials go in pairs (Estrin): half the steps wait for one another.

// e^r - 1 for |r| <= 0.35.
KERNEL_INLINE Float expm1_of_rest(Float r) {
  const Float square = r * r;
  const Float first = splat<Float>(1.6666665459e-1) * r + splat<Float>(5.0000001201e-1);
  const Float second = splat<Float>(8.3334519073e-3) * r + splat<Float>(4.1665795894e-2);
  const Float third = splat<Float>(1.9875691500e-4) * r + splat<Float>(1.3981999507e-3);
  return ((third * square + second) * square + first) * square + r;
}

// log(1 + f) + exponent ln 2, for 1 + f in [sqrt(1/2), sqrt(2)).
KERNEL_INLINE Float log_of_parts(Float f, Float exponent) {
  const Float square = f * f, fourth = square * square;
  const Float first = splat<Float>(-2.4999993993e-1) * f + splat<Float>(3.3333331174e-1);
  const Float second = splat<Float>(-1.6668057665e-1) * f + splat<Float>(2.0000714765e-1);
  const Float third = splat<Float>(-1.2420140846e-1) * f + splat<Float>(1.4249322787e-1);
  const Float last = splat<Float>(-1.1514610310e-1) * f + splat<Float>(1.1676998740e-1);
  const Float upper = splat<Float>(7.0376836292e-2) * fourth + (last * square + third);
  const Float p = upper * fourth + (second * square + first);
  Float y = p * f * square + exponent * splat<Float>(kLn2Low);
  y = y - splat<Float>(0.5) * square;
  return (f + y) + exponent * splat<Float>(kLn2High);
}

inline constexpr int32_t kSqrtHalfBits = 0x3F3504F3;

}  // namespace detail

KERNEL_INLINE Vec<float> exp(Vec<float> x) {
  using namespace detail;
  // Below -104 the result is 0, above 89 infinite.
  const Reduced parts = reduce_by_ln2(limited(x, -104.0, 89.0));
  const Float y = expm1_of_rest(parts.rest) + splat<Float>(1);
#if defined(__AVX512F__)
  return reinterpret_cast<Float>(
      _mm512_maskz_scalef_ps(0xFFFF, reinterpret_cast<__m512>(y), reinterpret_cast<__m512>(parts.exponent)));
#else
  const Int half = parts.integer >> 1;  // in two steps: denormal results have exponents below a float's
  return y * power_of_two(half) * power_of_two(parts.integer - half);
#endif
}

KERNEL_INLINE Vec<float> expm1(Vec<float> x) {
  using namespace detail;
  const Reduced parts = reduce_by_ln2(limited(x, -20.0, 89.0));
  const Float rest = expm1_of_rest(parts.rest);
  const Float half_power = power_of_two(parts.integer - 1);
  const Float y = splat<Float>(2) * (half_power * rest + (half_power - splat<Float>(0.5)));
  return abs(x) < splat<Float>(5e-8) ? x : y;
}

KERNEL_INLINE Vec<float> log(Vec<float> x) {
  using namespace detail;
  const Int denormal = x < splat<Float>(0x1p-126);
  const Int bits = bits_of(denormal ? x * splat<Float>(0x1p23) : x) - kSqrtHalfBits;
  const Float mantissa = from_bits<Float>((bits & 0x7FFFFF) + kSqrtHalfBits);
  const Int exponent = (bits >> 23) + (denormal & -23);
  Float y = log_of_parts(mantissa - splat<Float>(1), __builtin_convertvector(exponent, Float));
  y = x > splat<Float>(0x1.fffffep127) ? x : y;
  y = x > splat<Float>(0) ? y : not_a_number<Float>();
  return x == splat<Float>(0) ? -infinity<Float>() : y;
}

KERNEL_INLINE Vec<float> log1p(Vec<float> x) {
  using namespace detail;
  const Float one = splat<Float>(1);
  const Float u = one + x;
  const Float back = u - one;
  const Float lost = (one - (u - back)) + (x - back);  // u + lost = 1 + x exactly
  const Int bits = bits_of(u) - kSqrtHalfBits;
  const Int exponent = bits >> 23;
  const Float mantissa = from_bits<Float>((bits & 0x7FFFFF) + kSqrtHalfBits);
  const Float scale = from_bits<Float>((127 - (exponent < 60 ? exponent : Int{} + 60)) << 23);  // 2^-exponent
  const Float f = exponent == 0 ? x : (mantissa - one) + lost * scale;
  Float y = log_of_parts(f, __builtin_convertvector(exponent, Float));
  y = x > splat<Float>(0x1.fffffep127) ? x : y;
  y = x > -one ? y : not_a_number<Float>();
  y = x == -one ? -infinity<Float>() : y;
  return abs(x) < splat<Float>(5e-8) ? x : y;
}

KERNEL_INLINE Vec<float> tanh(Vec<float> x) {
  using namespace detail;
  const Float size = abs(x);
  const Float square = x * x;
  Float p = splat<Float>(-5.70498872745e-3);
  p = p * square + splat<Float>(2.06390887954e-2);
  p = p * square + splat<Float>(-5.37397155531e-2);
  p = p * square + splat<Float>(1.33314422036e-1);
  p = p * square + splat<Float>(-3.33332819422e-1);
  const Float small = p * square * x + x;
  const Float large = splat<Float>(1) - splat<Float>(2) / (exp(size + size) + splat<Float>(1));
  const Float y = size < splat<Float>(0.625) ? small : copy_sign(large, x);
  return x == splat<Float>(0) ? x : y;
}

// The part of the standard normal distribution below x, given bell = e^(-x^2/2): a few ulp, in the lower tail
// too, where that part is bell / 2 erfcx(-x / sqrt 2). erfcx is a polynomial of t = 1 / (1 + 0.27 |x|),
// fitted for x up to 14, where the result is denormal.
KERNEL_INLINE Vec<float> normal_below(Vec<float> x, Vec<float> bell) {
  using namespace detail;
  const Float t = splat<Float>(1) / (splat<Float>(0.27) * abs(x) + splat<Float>(1));
  Float p = splat<Float>(2.8915278779e-02);
  p = p * t + splat<Float>(-1.2625528350e-01);
  p = p * t + splat<Float>(1.6929143638e-01);
  p = p * t + splat<Float>(-6.8621001856e-02);
  p = p * t + splat<Float>(1.0739943908e-01);
  p = p * t + splat<Float>(7.2240291127e-02);
  p = p * t + splat<Float>(1.0175916406e-01);
  p = p * t + splat<Float>(1.0755050667e-01);
  p = p * t + splat<Float>(1.0772018101e-01);
  const Float tail = p * t * bell;
  return x < Float{} ? tail : splat<Float>(1) - tail;
}

// Sin, cos, pow: reduced in double.

namespace detail {

typedef float HalfFloat __attribute__((vector_size(kVectorBytes / 2)));
struct Doubles {
  Double part[2];
};
KERNEL_INLINE Doubles widened(Float x) {
  HalfFloat half[2];
  __builtin_memcpy(half, &x, sizeof(x));
  return {{__builtin_convertvector(half[0], Double), __builtin_convertvector(half[1], Double)}};
}
KERNEL_INLINE Float narrowed(const Doubles& x) {
  const HalfFloat half[2] = {__builtin_convertvector(x.part[0], HalfFloat),
                             __builtin_convertvector(x.part[1], HalfFloat)};
  Float y;
  __builtin_memcpy(&y, half, sizeof(y));
  return y;
}

struct Turned {
  Float rest;      // x - quarter pi/2, within +-pi/4
  Float quadrant;  // 0, 1, 2 or 3
};
KERNEL_INLINE Turned reduce_by_quarter_turns(Float x) {
  Doubles rest = widened(x), quadrant = rest;
  for (int i = 0; i < 2; ++i) {
    const Double n = round(rest.part[i] * splat<Double>(0.63661977236758134308));
    // pi/2 in two parts; the first has 25 bits, so that its product with n is exact.
    rest.part[i] = (rest.part[i] - n * splat<Double>(1.57079631090164184570)) -
                   n * splat<Double>(1.58932547735281966916e-8);
    quadrant.part[i] = n - splat<Double>(4) * floor(n * splat<Double>(0.25));
  }
  return {narrowed(rest), narrowed(quadrant)};
}
KERNEL_INLINE Float sin_or_cos_of_rest(Turned turned) {
  const Float r = turned.rest, square = r * r;
  Float s = splat<Float>(-1.9515295891e-4);
  s = s * square + splat<Float>(8.3321608736e-3);
  s = s * square + splat<Float>(-1.6666654611e-1);
  s = s * square * r + r;
  Float c = splat<Float>(2.443315711809948e-5);
  c = c * square + splat<Float>(-1.388731625493765e-3);
  c = c * square + splat<Float>(4.166664568298827e-2);
  c = c * square * square - splat<Float>(0.5) * square + splat<Float>(1);
  const Int odd = (turned.quadrant == splat<Float>(1)) | (turned.quadrant == splat<Float>(3));
  const Float y = odd ? c : s;
  return turned.quadrant >= splat<Float>(2) ? -y : y;
}

inline constexpr double kLargestTurn = 1e8;  // beyond, the C library reduces with more digits of pi

// log2 of a positive double that came from a float, to 45 bits: atanh series of (m - 1) / (m + 1).
KERNEL_INLINE Double log2_wide(Double x) {
  constexpr int64_t kSqrtHalf = 0x3FE6A09E667F3BCD;
  const Long bits = bits_of(x) - kSqrtHalf;
  const Double m = from_bits<Double>((bits & 0xFFFFFFFFFFFFF) + kSqrtHalf);
  const Double exponent = __builtin_convertvector(bits >> 52, Double);
  const Double s = (m - splat<Double>(1)) / (m + splat<Double>(1)), square = s * s;
  Double p = splat<Double>(1.0 / 17);
  for (int k = 15; k >= 1; k -= 2) p = p * square + splat<Double>(1.0 / k);
  Double y = p * s * splat<Double>(2.8853900817779268) + exponent;  // 2 / ln 2
  y = x == infinity<Double>() ? x : y;
  return x == Double{} ? -infinity<Double>() : y;
}

// 2^x to 31 bits.
KERNEL_INLINE Double exp2_wide(Double x) {
  x = limited(x, -400.0, 400.0);  // far outside a float's range
  const Double shifted = x + splat<Double>(0x1.8p52);
  const Double r = (x - (shifted - splat<Double>(0x1.8p52))) * splat<Double>(0.69314718055994530942);
  Double p = splat<Double>(1.0 / 362880);
  constexpr double kFactorials[] = {40320, 5040, 720, 120, 24, 6, 2, 1, 1};
  for (const double factorial : kFactorials) p = p * r + splat<Double>(1 / factorial);
  return p * from_bits<Double>((bits_of(shifted) - 0x4338000000000000 + 1023) << 52);
}

}  // namespace detail

KERNEL_INLINE Vec<float> sin(Vec<float> x) {
  using namespace detail;
  Float y = sin_or_cos_of_rest(reduce_by_quarter_turns(x));
  const Int beyond = ~(abs(x) < splat<Float>(kLargestTurn));
  for (int64_t i = 0; i < kLanes<float>; ++i)
    if (__builtin_expect(beyond[i], 0)) y[i] = __builtin_sinf(x[i]);
  return x == splat<Float>(0) ? x : y;
}
KERNEL_INLINE Vec<float> cos(Vec<float> x) {
  using namespace detail;
  Turned turned = reduce_by_quarter_turns(x);
  turned.quadrant = turned.quadrant + splat<Float>(1);
  turned.quadrant = turned.quadrant == splat<Float>(4) ? Float{} : turned.quadrant;
  Float y = sin_or_cos_of_rest(turned);
  const Int beyond = ~(abs(x) < splat<Float>(kLargestTurn));
  for (int64_t i = 0; i < kLanes<float>; ++i)
    if (__builtin_expect(beyond[i], 0)) y[i] = __builtin_cosf(x[i]);
  return y;
}

// C's pow: x < 0 needs an integer y; anything^0 and 1^anything are 1.
KERNEL_INLINE Vec<float> pow(Vec<float> x, Vec<float> y) {
  using namespace detail;
  Doubles wide = widened(abs(x));
  const Doubles power = widened(y);
  for (int i = 0; i < 2; ++i) wide.part[i] = exp2_wide(power.part[i] * log2_wide(wide.part[i]));
  Float z = narrowed(wide);
  const Float one = splat<Float>(1), half = y * splat<Float>(0.5);
  const Int integer = floor(y) == y;
  const Int odd = integer & (floor(half) != half);
  const Int negative = sign_bits(x) != 0;
  z = (negative & odd) ? -z : z;
  z = ((x < Float{}) & ~integer & is_finite(x)) ? not_a_number<Float>() : z;
  z = (is_nan(x) | is_nan(y)) ? x + y : z;
  z = ((abs(x) == one) & (abs(y) == infinity<Float>())) ? one : z;
  return ((x == one) | (y == Float{})) ? one : z;
}

// Double.

KERNEL_INLINE Vec<double> exp(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_exp(v); });
}
KERNEL_INLINE Vec<double> expm1(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_expm1(v); });
}
KERNEL_INLINE Vec<double> log(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_log(v); });
}
KERNEL_INLINE Vec<double> log1p(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_log1p(v); });
}
KERNEL_INLINE Vec<double> tanh(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_tanh(v); });
}
KERNEL_INLINE Vec<double> normal_below(Vec<double> x, Vec<double>) {
  return each_lane(x, [](double v) { return 0.5 * __builtin_erfc(v * -0.70710678118654752440); });
}
KERNEL_INLINE Vec<double> sin(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_sin(v); });
}
KERNEL_INLINE Vec<double> cos(Vec<double> x) {
  return each_lane(x, [](double v) { return __builtin_cos(v); });
}
KERNEL_INLINE Vec<double> pow(Vec<double> x, Vec<double> y) {
  Vec<double> z = x;
  for (int64_t i = 0; i < kLanes<double>; ++i) z[i] = __builtin_pow(x[i], y[i]);
  return z;
}

}  // namespace afina
