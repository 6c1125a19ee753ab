#include <cstdint>

#include "core/isa.h"
#include "cpu/columns.h"
#include "cpu/math.h"
#include "ops/norm/normalize.h"

// rows = product of all axes but the last, c = channels.
namespace afina {

template <Isa I, class T>
void batch_norm_cpu(const T* x, const T* gamma, const T* beta, T epsilon, double* moments, T* y, T* mean,
                    T* variance, T* inverse, int64_t rows, int64_t c, FusedActivation activation) {
  // 1. statistics, in one read of x
  column_moments(x, rows, c, moments, moments + c);
  T* const scale = column_scratch<T>(c, 3);
  for (int64_t i = 0; i < c; ++i) {
    const double spread = moments[c + i] / static_cast<double>(rows);
    const double root = __builtin_sqrt(spread + static_cast<double>(epsilon));
    mean[i] = static_cast<T>(moments[i]);
    variance[i] = static_cast<T>(spread);
    inverse[i] = static_cast<T>(1 / root);
    scale[i] = gamma == nullptr ? inverse[i] : gamma[i] * inverse[i];
  }
  // 2. y
  visit_activation(
      activation, [&](auto f) { scale_columns(x, mean, scale, beta, y, rows, c, f); }, PassingActivations{});
}

template <Isa I, class T>
void batch_norm_grad_cpu(const T* dy, const T* x, const T* gamma, const T* beta, const T* mean,
                         const T* inverse, double* sums, T* dx, T* dgamma, T* dbeta, int64_t rows, int64_t c,
                         FusedActivation activation) {
  const int64_t width = column_plan(rows, c).width;
  T* const scale = column_scratch<T>(3 * c + 2 * width, 3);
  T* const a = scale + c;
  T* const b = a + c;
  T* const wide_scale = b + c;
  T* const wide_shift = wide_scale + width;
  const auto from_gradient = [&](const auto& gradient) {
    // 1. sums of dz and of dz (x - mean)
    column_dots(dy, x, mean, rows, c, sums, sums + c, gradient);
    const double n = static_cast<double>(rows);
    for (int64_t i = 0; i < c; ++i) {
      const double r = static_cast<double>(inverse[i]);
      const double s = gamma == nullptr ? r : static_cast<double>(gamma[i]) * r;
      dbeta[i] = static_cast<T>(sums[i]);
      dgamma[i] = static_cast<T>(sums[c + i] * r);
      scale[i] = static_cast<T>(s);
      a[i] = static_cast<T>(s * sums[i] / n);
      b[i] = static_cast<T>(s * r * r * sums[c + i] / n);
    }
    // 2. dx = scale (dz - mean(dz) - xhat mean(dz xhat))
    if (dx != nullptr) scale_columns_grad(dy, x, mean, scale, a, b, dx, rows, c, gradient);
  };
  if (activation.is_identity()) return from_gradient(WholeGradient{});
  for (int64_t i = 0; i < c; ++i) scale[i] = gamma == nullptr ? inverse[i] : gamma[i] * inverse[i];
  repeat(scale, T{1}, c, width, wide_scale);
  repeat(beta, T{0}, c, width, wide_shift);
  visit_activation(
      activation, [&]<class F>(F f) { from_gradient(BentGradient<T, F>{wide_scale, wide_shift, f}); },
      PassingActivations{});
}

template <Isa I, class T>
void batch_norm_inference_cpu(const T* x, const T* mean, const T* scale, const T* beta, T* y, int64_t rows,
                              int64_t c, FusedActivation activation) {
  if (rows == 0 || c == 0) return;
  visit_activation(
      activation, [&](auto f) { scale_columns(x, mean, scale, beta, y, rows, c, f); }, PassingActivations{});
}

template <Isa I, class T>
void batch_norm_inference_grad_cpu(const T* dy, const T* x, const T* mean, const T* inverse, double* sums,
                                   T* dgamma, T* dbeta, int64_t rows, int64_t c) {
  if (c == 0) return;
  column_dots(dy, x, mean, rows, c, sums, sums + c);
  for (int64_t i = 0; i < c; ++i) {
    dbeta[i] = static_cast<T>(sums[i]);
    dgamma[i] = static_cast<T>(sums[c + i] * static_cast<double>(inverse[i]));
  }
}

template void batch_norm_cpu<kIsa>(const float*, const float*, const float*, float, double*, float*, float*,
                                   float*, float*, int64_t, int64_t, FusedActivation);
template void batch_norm_cpu<kIsa>(const double*, const double*, const double*, double, double*, double*,
                                   double*, double*, double*, int64_t, int64_t, FusedActivation);
template void batch_norm_grad_cpu<kIsa>(const float*, const float*, const float*, const float*, const float*,
                                        const float*, double*, float*, float*, float*, int64_t, int64_t,
                                        FusedActivation);
template void batch_norm_grad_cpu<kIsa>(const double*, const double*, const double*, const double*,
                                        const double*, const double*, double*, double*, double*, double*,
                                        int64_t, int64_t, FusedActivation);
template void batch_norm_inference_cpu<kIsa>(const float*, const float*, const float*, const float*, float*,
                                             int64_t, int64_t, FusedActivation);
template void batch_norm_inference_cpu<kIsa>(const double*, const double*, const double*, const double*,
                                             double*, int64_t, int64_t, FusedActivation);
template void batch_norm_inference_grad_cpu<kIsa>(const float*, const float*, const float*, const float*,
                                                  double*, float*, float*, int64_t, int64_t);
template void batch_norm_inference_grad_cpu<kIsa>(const double*, const double*, const double*, const double*,
                                                  double*, double*, double*, int64_t, int64_t);

}  // namespace afina
