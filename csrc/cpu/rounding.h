#pragma once

#include "cpu/vec.h"

// What a vector's bits give: sign and size, limits, rounding, square roots.  Exact, for float and double
// alike.
namespace afina {

// Bits.

template <class V>
using BitsOf = Mask<Scalar<V>>;

template <class V>
KERNEL_INLINE BitsOf<V> bits_of(V x) {
  return reinterpret_cast<BitsOf<V>>(x);
}
template <class V>
KERNEL_INLINE V from_bits(BitsOf<V> bits) {
  return reinterpret_cast<V>(bits);
}
template <class V>
KERNEL_INLINE BitsOf<V> sign_bits(V x) {
  constexpr int kShift = sizeof(Scalar<V>) * 8 - 1;
  return bits_of(x) & ((BitsOf<V>{} + 1) << kShift);
}
template <class V>
KERNEL_INLINE V abs(V x) {
  if constexpr (static_cast<Scalar<V>>(0.5) == 0)  // integers
    return x < 0 ? -x : x;
  else
    return from_bits<V>(bits_of(x) & ~((BitsOf<V>{} + 1) << int{sizeof(Scalar<V>) * 8 - 1}));
}
template <class V>
KERNEL_INLINE V copy_sign(V size, V sign) {
  return from_bits<V>(bits_of(abs(size)) | sign_bits(sign));
}
template <class V>
KERNEL_INLINE BitsOf<V> is_nan(V x) {
  return x != x;
}
template <class V>
KERNEL_INLINE BitsOf<V> is_finite(V x) {
  return x - x == V{};
}
template <class V>
KERNEL_INLINE V infinity() {
  return splat<V>(__builtin_inf());
}
template <class V>
KERNEL_INLINE V not_a_number() {
  return splat<V>(__builtin_nan(""));
}

// x limited to [low, high]; NaN stays.
template <class V>
KERNEL_INLINE V limited(V x, double low, double high) {
  return min(splat<V>(high), max(splat<V>(low), x));
}

// Rounding.

// The nearest integer, halves to the even one: adding 2^23 (2^52) pushes the fraction out of the mantissa.
template <class V>
KERNEL_INLINE V round(V x) {
  const V big = splat<V>(sizeof(Scalar<V>) == 4 ? 0x1p23 : 0x1p52);
  const V size = abs(x);
  const V rounded = copy_sign((size + big) - big, x);
  return size < big ? rounded : x;  // already an integer, infinite or NaN
}
template <class V>
KERNEL_INLINE V floor(V x) {
  const V nearest = round(x);
  return copy_sign(nearest > x ? nearest - splat<V>(1) : nearest, x);
}
template <class V>
KERNEL_INLINE V ceil(V x) {
  const V nearest = round(x);
  return copy_sign(nearest < x ? nearest + splat<V>(1) : nearest, x);
}

// Square root.

template <class V>
KERNEL_INLINE V sqrt(V x) {
  V y = x;
  for (int64_t i = 0; i < kLanes<Scalar<V>>; ++i)
    if constexpr (sizeof(Scalar<V>) == 4)
      y[i] = __builtin_sqrtf(x[i]);
    else
      y[i] = __builtin_sqrt(x[i]);
  return y;
}
template <class V>
KERNEL_INLINE V rsqrt(V x) {
  return splat<V>(1) / sqrt(x);
}

}  // namespace afina
