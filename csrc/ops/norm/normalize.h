#pragma once

#include <cstdint>

#include "cpu/columns.h"
#include "cpu/output.h"
#include "ops/elementwise/activation.h"

// The passes that batch, instance and group normalization share: one number per channel, the last axis.
namespace afina {
// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

// The c parameters repeated to the width of a wide row, so that every vector of it has its own.
template <class T>
KERNEL_INLINE void repeat(const T* parameters, T missing, int64_t c, int64_t width, T* wide) {
  for (int64_t j = 0; j < width; ++j) wide[j] = parameters == nullptr ? missing : parameters[j % c];
}

// y = f((x - mean) scale + shift); a null mean or shift is 0.
template <class T, class F = Identity>
KERNEL_INLINE void scale_columns(const T* x, const T* mean, const T* scale, const T* shift, T* y,
                                 int64_t rows, int64_t c, const F& f = {}) {
  const int64_t width = column_plan(rows, c).width;
  T* const means = column_scratch<T>(3 * width, 0);
  T* const scales = means + width;
  T* const shifts = scales + width;
  repeat(mean, T{0}, c, width, means);
  repeat(scale, T{1}, c, width, scales);
  repeat(shift, T{0}, c, width, shifts);
  const Output<T> out(y, rows * c);
  each_column_vector<T>(rows, c, [=](int64_t at, int64_t j, int64_t lanes) {
    const Vec<T> v = load_lanes(x + at, lanes) - load_lanes(means + j, lanes);
    out.put(at, f.value(v * load_lanes(scales + j, lanes) + load_lanes(shifts + j, lanes)), lanes);
  });
}

// dz = dy f'(z) of y = f(z), z = (x - mean) scale + shift: z is computed again rather than kept.  The
// parameters are repeated to the width of a wide row.
template <class T, class F>
struct BentGradient {
  const T* scale;
  const T* shift;
  F f;
  KERNEL_INLINE Vec<T> operator()(Vec<T> dy, Vec<T> centred, int64_t column, int64_t lanes) const {
    const Vec<T> z = centred * load_lanes(scale + column, lanes) + load_lanes(shift + column, lanes);
    return dy * f.slope(z, z);
  }
};

// dx = scale dz - a - b (x - mean), where dz = gradient(dy, x - mean, column, lanes).
template <class T, class Gradient = WholeGradient>
KERNEL_INLINE void scale_columns_grad(const T* dy, const T* x, const T* mean, const T* scale, const T* a,
                                      const T* b, T* dx, int64_t rows, int64_t c,
                                      const Gradient& gradient = {}) {
  const int64_t width = column_plan(rows, c).width;
  T* const means = column_scratch<T>(4 * width, 0);
  T* const scales = means + width;
  T* const as = scales + width;
  T* const bs = as + width;
  repeat(mean, T{0}, c, width, means);
  repeat(scale, T{1}, c, width, scales);
  repeat(a, T{0}, c, width, as);
  repeat(b, T{0}, c, width, bs);
  const Output<T> out(dx, rows * c);
  each_column_vector<T>(rows, c, [=](int64_t at, int64_t j, int64_t lanes) {
    const Vec<T> centred = load_lanes(x + at, lanes) - load_lanes(means + j, lanes);
    const Vec<T> dz = gradient(load_lanes(dy + at, lanes), centred, j, lanes);
    const Vec<T> v = dz * load_lanes(scales + j, lanes) - load_lanes(as + j, lanes);
    out.put(at, v - centred * load_lanes(bs + j, lanes), lanes);
  });
}

}  // namespace
}  // namespace afina
