#pragma once

#include "ops/elementwise/value_math.h"
#include "ops/loss/probability.h"

// Losses that compare element by element: one struct each, with the value and its slope with respect to the
// prediction p, for target t.  The kernel sums (or averages) the values along a row.
namespace afina {

struct SquaredError {  // (p - t)^2
  template <class V>
  KERNEL_INLINE V value(V t, V p) const {
    return (p - t) * (p - t);
  }
  template <class V>
  KERNEL_INLINE V slope(V t, V p) const {
    return splat<V>(2) * (p - t);
  }
};

struct AbsoluteError {  // |p - t|; slope 0 at the kink
  template <class V>
  KERNEL_INLINE V value(V t, V p) const {
    return abs(p - t);
  }
  template <class V>
  KERNEL_INLINE V slope(V t, V p) const {
    const V e = p - t;
    const V sign = copy_sign(splat<V>(1), e);
    return ((e > 0) | (e < 0)) ? sign : e;  // 0 and NaN as they are
  }
};

struct HuberError {  // e^2 / 2 for |e| <= delta, delta |e| - delta^2 / 2 beyond, e = p - t
  double delta;
  template <class V>
  KERNEL_INLINE V value(V t, V p) const {
    const V size = abs(p - t), d = splat<V>(delta);
    return size <= d ? splat<V>(0.5) * size * size : d * (size - splat<V>(0.5) * d);
  }
  template <class V>
  KERNEL_INLINE V slope(V t, V p) const {
    const V e = p - t, d = splat<V>(delta);
    return e > d ? d : (e < -d ? -d : e);
  }
};

// Binary cross-entropy of targets smoothed to s = t (1 - smoothing) + smoothing / 2.
struct BinaryOfLogits {  // max(x, 0) - x s + log(1 + e^-|x|): finite for every finite x
  double smoothing;
  template <class V>
  KERNEL_INLINE V target(V t) const {
    return t * splat<V>(1 - smoothing) + splat<V>(smoothing / 2);
  }
  template <class V>
  KERNEL_INLINE V value(V t, V x) const {
    return (x < 0 ? V{} : x) - x * target(t) + log1p(exp(-abs(x)));
  }
  template <class V>
  KERNEL_INLINE V slope(V t, V x) const {
    return splat<V>(1) / (splat<V>(1) + exp(-x)) - target(t);
  }
};

struct BinaryOfProbabilities {  // -(s log q + (1 - s) log(1 - q)), q = p kept in [1e-7, 1 - 1e-7]
  double smoothing;
  template <class V>
  KERNEL_INLINE V value(V t, V p) const {
    const V s = BinaryOfLogits{smoothing}.target(t), q = kept_probable(p);
    return -(s * log(q) + (splat<V>(1) - s) * log(splat<V>(1) - q));
  }
  template <class V>
  KERNEL_INLINE V slope(V t, V p) const {
    const V s = BinaryOfLogits{smoothing}.target(t), q = kept_probable(p);
    return (q - s) / (q * (splat<V>(1) - q));
  }
};

struct KullbackLeibler {  // t log(t / p), both kept in [1e-7, 1]
  template <class V>
  KERNEL_INLINE V value(V t, V p) const {
    const V kept = kept_probable(t, 1.0);
    return kept * log(kept / kept_probable(p, 1.0));
  }
  template <class V>
  KERNEL_INLINE V slope(V t, V p) const {
    return -kept_probable(t, 1.0) / kept_probable(p, 1.0);
  }
};

}  // namespace afina
