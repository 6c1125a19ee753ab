#pragma once

#include <cstdint>

#include "core/inline.h"

// Running sums and products along one line, whose first element is at `at` and whose others are `inner`
// apart. Safe to include from a kernel file.
namespace afina {

// Floats are added up in double, integers in int64.
template <class T>
struct RunningOf {
  using type = int64_t;
};
template <>
struct RunningOf<float> {
  using type = double;
};
template <>
struct RunningOf<double> {
  using type = double;
};
template <class T>
using Running = typename RunningOf<T>::type;

template <class T>
KERNEL_INLINE void sum_line(const T* x, T* y, int64_t at, int64_t n, int64_t inner, bool backwards) {
  Running<T> sum = 0;
  const int64_t first = backwards ? at + (n - 1) * inner : at, step = backwards ? -inner : inner;
  for (int64_t k = 0; k < n; ++k) {
    sum += x[first + k * step];
    y[first + k * step] = static_cast<T>(sum);
  }
}

template <class T>
KERNEL_INLINE void multiply_line(const T* x, T* y, int64_t at, int64_t n, int64_t inner) {
  Running<T> product = 1;
  for (int64_t k = at; k < at + n * inner; k += inner) {
    product *= x[k];
    y[k] = static_cast<T>(product);
  }
}

// dx[k] = the sum over j >= k of dy[j] y[j] / x[k], as long as no x is zero.  From the first zero on y is
// zero: what is left is the zero's own slope, the sum over j of dy[j] times the product without it.
template <class T>
KERNEL_INLINE void multiply_line_grad(const T* x, const T* y, const T* dy, T* dx, int64_t at, int64_t n,
                                      int64_t inner) {
  int64_t zero = 0;
  while (zero < n && x[at + zero * inner] != T{0}) ++zero;
  double sum = 0;
  for (int64_t k = zero - 1; k >= 0; --k) {
    const int64_t i = at + k * inner;
    sum += static_cast<double>(dy[i]) * static_cast<double>(y[i]);
    dx[i] = static_cast<T>(sum / static_cast<double>(x[i]));
  }
  if (zero == n) return;
  double product = zero > 0 ? static_cast<double>(y[at + (zero - 1) * inner]) : 1.0, slope = 0;
  for (int64_t k = zero; k < n; ++k) {
    const int64_t i = at + k * inner;
    if (k > zero) product *= static_cast<double>(x[i]);
    slope += static_cast<double>(dy[i]) * product;
    dx[i] = T{0};
  }
  dx[at + zero * inner] = static_cast<T>(slope);
}

}  // namespace afina
