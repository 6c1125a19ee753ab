#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"

namespace afina {
namespace {

template <class T>
struct Wide {
  using type = int64_t;
};
template <>
struct Wide<float> {
  using type = double;
};
template <>
struct Wide<double> {
  using type = double;
};

// f(offset) for the first element of every line along n; its elements are `inner` apart.
template <class F>
KERNEL_INLINE void each_line(int64_t outer, int64_t n, int64_t inner, const F& f) {
  parallel_range(outer * inner, items_per_chunk(n), [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) f(line / inner * n * inner + line % inner);
  });
}

}  // namespace

template <Isa I, class T>
void cumulative_sum_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, bool backwards) {
  each_line(outer, n, inner, [=](int64_t at) {
    typename Wide<T>::type sum = 0;
    const int64_t first = backwards ? at + (n - 1) * inner : at, step = backwards ? -inner : inner;
    for (int64_t k = 0; k < n; ++k) {
      sum += x[first + k * step];
      y[first + k * step] = static_cast<T>(sum);
    }
  });
}

template <Isa I, class T>
void cumulative_product_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner) {
  each_line(outer, n, inner, [=](int64_t at) {
    typename Wide<T>::type product = 1;
    for (int64_t k = at; k < at + n * inner; k += inner) {
      product *= x[k];
      y[k] = static_cast<T>(product);
    }
  });
}

// dx[k] = the sum over j >= k of dy[j] y[j] / x[k], as long as no x is zero.  From the first zero on y is
// zero: what is left is the zero's own slope, the sum over j of dy[j] times the product without it.
template <Isa I, class T>
void cumulative_product_grad_cpu(const T* x, const T* y, const T* dy, T* dx, int64_t outer, int64_t n,
                                 int64_t inner) {
  each_line(outer, n, inner, [=](int64_t at) {
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
  });
}

template void cumulative_sum_cpu<kIsa>(const float*, float*, int64_t, int64_t, int64_t, bool);
template void cumulative_sum_cpu<kIsa>(const double*, double*, int64_t, int64_t, int64_t, bool);
template void cumulative_sum_cpu<kIsa>(const int32_t*, int32_t*, int64_t, int64_t, int64_t, bool);
template void cumulative_sum_cpu<kIsa>(const int64_t*, int64_t*, int64_t, int64_t, int64_t, bool);
template void cumulative_product_cpu<kIsa>(const float*, float*, int64_t, int64_t, int64_t);
template void cumulative_product_cpu<kIsa>(const double*, double*, int64_t, int64_t, int64_t);
template void cumulative_product_cpu<kIsa>(const int32_t*, int32_t*, int64_t, int64_t, int64_t);
template void cumulative_product_cpu<kIsa>(const int64_t*, int64_t*, int64_t, int64_t, int64_t);
template void cumulative_product_grad_cpu<kIsa>(const float*, const float*, const float*, float*, int64_t,
                                                int64_t, int64_t);
template void cumulative_product_grad_cpu<kIsa>(const double*, const double*, const double*, double*, int64_t,
                                                int64_t, int64_t);

}  // namespace afina
