#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/vec.h"
#include "ops/loss/pointwise.h"

namespace afina {

template <Isa I, class Loss, class T>
void pointwise_loss_cpu(Loss loss, const T* t, const T* p, T factor, T* losses, int64_t rows, int64_t n) {
  if (n == 1) {  // one value a row: vectors lie across the rows
    parallel_range(rows, kRowGrain, [=](int64_t begin, int64_t end) {
      map_row(t + begin, p + begin, losses + begin, end - begin,
              [=](Vec<T> a, Vec<T> b) { return loss.value(a, b) * factor; });
    });
    return;
  }
  parallel_range(rows, rows_per_chunk(n), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const double sum = row_sum<T>(n, [=](int64_t i, int64_t count) {
        return keep_lanes<T>(loss.value(load_lanes(t + r * n + i, count), load_lanes(p + r * n + i, count)),
                             count);
      });
      losses[r] = static_cast<T>(sum * static_cast<double>(factor));
    }
  });
}

template <Isa I, class Loss, class T>
void pointwise_loss_grad_cpu(Loss loss, const T* t, const T* p, const T* row_gradients, T factor, T* dp,
                             int64_t rows, int64_t n) {
  if (n == 1) {
    parallel_range(rows, kRowGrain, [=](int64_t begin, int64_t end) {
      const int64_t count = end - begin;
      map_row(t + begin, p + begin, dp + begin, count,
              [=](Vec<T> a, Vec<T> b) { return loss.slope(a, b) * factor; });
      map_row(dp + begin, row_gradients + begin, dp + begin, count,
              [](Vec<T> slope, Vec<T> g) { return slope * g; });
    });
    return;
  }
  parallel_range(rows, rows_per_chunk(n), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T scale = row_gradients[r] * factor;
      map_row(t + r * n, p + r * n, dp + r * n, n,
              [=](Vec<T> a, Vec<T> b) { return loss.slope(a, b) * scale; });
    }
  });
}

// Each of them for every loss of pointwise.h.
template void pointwise_loss_cpu<kIsa>(SquaredError, const float*, const float*, float, float*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(SquaredError, const double*, const double*, double, double*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(AbsoluteError, const float*, const float*, float, float*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(AbsoluteError, const double*, const double*, double, double*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(HuberError, const float*, const float*, float, float*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(HuberError, const double*, const double*, double, double*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(BinaryOfLogits, const float*, const float*, float, float*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(BinaryOfLogits, const double*, const double*, double, double*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(BinaryOfProbabilities, const float*, const float*, float, float*,
                                       int64_t, int64_t);
template void pointwise_loss_cpu<kIsa>(BinaryOfProbabilities, const double*, const double*, double, double*,
                                       int64_t, int64_t);
template void pointwise_loss_cpu<kIsa>(KullbackLeibler, const float*, const float*, float, float*, int64_t,
                                       int64_t);
template void pointwise_loss_cpu<kIsa>(KullbackLeibler, const double*, const double*, double, double*,
                                       int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(SquaredError, const float*, const float*, const float*, float,
                                            float*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(SquaredError, const double*, const double*, const double*, double,
                                            double*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(AbsoluteError, const float*, const float*, const float*, float,
                                            float*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(AbsoluteError, const double*, const double*, const double*,
                                            double, double*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(HuberError, const float*, const float*, const float*, float,
                                            float*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(HuberError, const double*, const double*, const double*, double,
                                            double*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(BinaryOfLogits, const float*, const float*, const float*, float,
                                            float*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(BinaryOfLogits, const double*, const double*, const double*,
                                            double, double*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(BinaryOfProbabilities, const float*, const float*, const float*,
                                            float, float*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(BinaryOfProbabilities, const double*, const double*,
                                            const double*, double, double*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(KullbackLeibler, const float*, const float*, const float*, float,
                                            float*, int64_t, int64_t);
template void pointwise_loss_grad_cpu<kIsa>(KullbackLeibler, const double*, const double*, const double*,
                                            double, double*, int64_t, int64_t);

}  // namespace afina
