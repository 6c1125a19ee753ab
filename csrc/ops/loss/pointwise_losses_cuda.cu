#include "cuda/rows.h"
#include "ops/loss/pointwise.h"

namespace afina {
namespace {

template <class Team, class Loss, class T>
__global__ void __launch_bounds__(kThreads)
    sum_rows(Loss loss, const T* t, const T* p, T factor, T* losses, int64_t rows, int64_t n) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const double sum = row_sum<Team>(n, [&](int64_t i) { return loss.value(t[r * n + i], p[r * n + i]); });
    if (Team::rank() == 0) losses[r] = static_cast<T>(sum * static_cast<double>(factor));
  }
}

template <class Loss, class T>  // one value a row
__global__ void __launch_bounds__(kThreads)
    single_values(Loss loss, const T* t, const T* p, T factor, T* losses, int64_t rows) {
  for (int64_t r = first_element(); r < rows; r += element_step())
    losses[r] = loss.value(t[r], p[r]) * factor;
}

template <class Loss, class T>
__global__ void __launch_bounds__(kThreads) slopes(Loss loss, const T* t, const T* p, const T* row_gradients,
                                                   T factor, T* dp, int64_t size, int64_t n) {
  for (int64_t i = first_element(); i < size; i += element_step())
    dp[i] = loss.slope(t[i], p[i]) * (row_gradients[i / n] * factor);
}

}  // namespace

template <class Loss, class T>
void pointwise_loss_cuda(Loss loss, const T* t, const T* p, T factor, T* losses, int64_t rows, int64_t n,
                         Stream& stream) {
  if (n == 1)
    launch_kernel("loss", stream, {grid_for(rows), kThreads}, single_values<Loss, T>, loss, t, p, factor,
                  losses, rows);
  else
    with_team(rows, n, [&]<class Team>(unsigned blocks) {
      launch_kernel("loss", stream, {blocks, kThreads}, sum_rows<Team, Loss, T>, loss, t, p, factor, losses,
                    rows, n);
    });
}

template <class Loss, class T>
void pointwise_loss_grad_cuda(Loss loss, const T* t, const T* p, const T* row_gradients, T factor, T* dp,
                              int64_t rows, int64_t n, Stream& stream) {
  launch_kernel("loss", stream, {grid_for(rows * n), kThreads}, slopes<Loss, T>, loss, t, p, row_gradients,
                factor, dp, rows * n, n);
}

// Each of them for every loss of pointwise.h.
template void pointwise_loss_cuda(SquaredError, const float*, const float*, float, float*, int64_t, int64_t,
                                  Stream&);
template void pointwise_loss_cuda(SquaredError, const double*, const double*, double, double*, int64_t,
                                  int64_t, Stream&);
template void pointwise_loss_cuda(AbsoluteError, const float*, const float*, float, float*, int64_t, int64_t,
                                  Stream&);
template void pointwise_loss_cuda(AbsoluteError, const double*, const double*, double, double*, int64_t,
                                  int64_t, Stream&);
template void pointwise_loss_cuda(HuberError, const float*, const float*, float, float*, int64_t, int64_t,
                                  Stream&);
template void pointwise_loss_cuda(HuberError, const double*, const double*, double, double*, int64_t, int64_t,
                                  Stream&);
template void pointwise_loss_cuda(BinaryOfLogits, const float*, const float*, float, float*, int64_t, int64_t,
                                  Stream&);
template void pointwise_loss_cuda(BinaryOfLogits, const double*, const double*, double, double*, int64_t,
                                  int64_t, Stream&);
template void pointwise_loss_cuda(BinaryOfProbabilities, const float*, const float*, float, float*, int64_t,
                                  int64_t, Stream&);
template void pointwise_loss_cuda(BinaryOfProbabilities, const double*, const double*, double, double*,
                                  int64_t, int64_t, Stream&);
template void pointwise_loss_cuda(KullbackLeibler, const float*, const float*, float, float*, int64_t,
                                  int64_t, Stream&);
template void pointwise_loss_cuda(KullbackLeibler, const double*, const double*, double, double*, int64_t,
                                  int64_t, Stream&);
template void pointwise_loss_grad_cuda(SquaredError, const float*, const float*, const float*, float, float*,
                                       int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(SquaredError, const double*, const double*, const double*, double,
                                       double*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(AbsoluteError, const float*, const float*, const float*, float, float*,
                                       int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(AbsoluteError, const double*, const double*, const double*, double,
                                       double*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(HuberError, const float*, const float*, const float*, float, float*,
                                       int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(HuberError, const double*, const double*, const double*, double,
                                       double*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(BinaryOfLogits, const float*, const float*, const float*, float,
                                       float*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(BinaryOfLogits, const double*, const double*, const double*, double,
                                       double*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(BinaryOfProbabilities, const float*, const float*, const float*, float,
                                       float*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(BinaryOfProbabilities, const double*, const double*, const double*,
                                       double, double*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(KullbackLeibler, const float*, const float*, const float*, float,
                                       float*, int64_t, int64_t, Stream&);
template void pointwise_loss_grad_cuda(KullbackLeibler, const double*, const double*, const double*, double,
                                       double*, int64_t, int64_t, Stream&);

}  // namespace afina
