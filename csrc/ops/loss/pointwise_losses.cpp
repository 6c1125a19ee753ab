#include "ops/loss/pointwise_losses.h"

#include <cmath>

#include "core/launch.h"
#include "core/node.h"
#include "ops/loss/pointwise.h"
#include "ops/loss/reduction.h"

namespace afina {

// losses[r] = factor * sum of the values of row r.
template <Isa, class Loss, class T>
void pointwise_loss_cpu(Loss loss, const T* t, const T* p, T factor, T* losses, int64_t rows, int64_t n);
template <class Loss, class T>
void pointwise_loss_cuda(Loss loss, const T* t, const T* p, T factor, T* losses, int64_t rows, int64_t n,
                         Stream& stream);
// dp = row_gradients[r] * factor * slope.
template <Isa, class Loss, class T>
void pointwise_loss_grad_cpu(Loss loss, const T* t, const T* p, const T* row_gradients, T factor, T* dp,
                             int64_t rows, int64_t n);
template <class Loss, class T>
void pointwise_loss_grad_cuda(Loss loss, const T* t, const T* p, const T* row_gradients, T factor, T* dp,
                              int64_t rows, int64_t n, Stream& stream);

namespace {

enum class AlongRow { average, sum };
enum class GradientOf { prediction, both };

template <class Loss>
Tensor pointwise_loss(const char* op, Loss loss, const Tensor& y_true, const Tensor& y_pred, AlongRow along,
                      GradientOf gradient_of, const std::string& reduction,
                      const std::optional<Tensor>& sample_weight) {
  LossRows rows = loss_rows(op, y_pred, reduction, sample_weight);
  check_targets(op, y_true, y_pred);
  divide_by_count(op, rows, rows.rows);
  const double row_factor = along == AlongRow::average ? 1.0 / static_cast<double>(rows.n) : 1.0;
  return visit_floating(y_pred.dtype(), op, [&]<class T>() {
    Tensor losses = empty({rows.rows}, y_pred.dtype(), y_pred.device());
    launch(
        y_pred.device(),
        [=]<Isa I>() {
          pointwise_loss_cpu<I>(loss, y_true.data<T>(), y_pred.data<T>(), static_cast<T>(row_factor),
                                losses.data<T>(), rows.rows, rows.n);
        },
        [=](auto& stream) {
          pointwise_loss_cuda(loss, y_true.data<T>(), y_pred.data<T>(), static_cast<T>(row_factor),
                              losses.data<T>(), rows.rows, rows.n, stream);
        });
    const auto gradient = [=, t = detached(y_true), p = detached(y_pred)](const Tensor& dy,
                                                                          Needs needs) -> Gradients {
      const Tensor row_dy = row_gradients(rows, dy);
      const auto with_sign = [&](double sign) {
        Tensor dp = empty_like(p);
        launch(
            p.device(),
            [=]<Isa I>() {
              pointwise_loss_grad_cpu<I>(loss, t.data<T>(), p.data<T>(), row_dy.data<T>(),
                                         static_cast<T>(sign * row_factor), dp.data<T>(), rows.rows, rows.n);
            },
            [=](auto& stream) {
              pointwise_loss_grad_cuda(loss, t.data<T>(), p.data<T>(), row_dy.data<T>(),
                                       static_cast<T>(sign * row_factor), dp.data<T>(), rows.rows, rows.n,
                                       stream);
            });
        return dp;
      };
      // The loss is a function of p - t where t has a gradient: it is the opposite one.
      const bool target_wanted = gradient_of == GradientOf::both && needs[1];
      return {needs[0] ? with_sign(1) : Tensor(), target_wanted ? with_sign(-1) : Tensor()};
    };
    return record(op, {y_pred, gradient_of == GradientOf::both ? y_true : Tensor()},
                  reduce_loss(rows, losses), gradient);
  });
}

}  // namespace

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred, const std::string& reduction,
                          const std::optional<Tensor>& sample_weight) {
  return pointwise_loss("mean_squared_error", SquaredError{}, y_true, y_pred, AlongRow::average,
                        GradientOf::both, reduction, sample_weight);
}

Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred, const std::string& reduction,
                           const std::optional<Tensor>& sample_weight) {
  return pointwise_loss("mean_absolute_error", AbsoluteError{}, y_true, y_pred, AlongRow::average,
                        GradientOf::both, reduction, sample_weight);
}

Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta, const std::string& reduction,
             const std::optional<Tensor>& sample_weight) {
  if (!(std::isfinite(delta) && delta > 0))
    fail<ArgumentError>("huber", "delta must be positive, got ", delta);
  return pointwise_loss("huber", HuberError{delta}, y_true, y_pred, AlongRow::average, GradientOf::both,
                        reduction, sample_weight);
}

Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                           double label_smoothing, const std::string& reduction,
                           const std::optional<Tensor>& sample_weight) {
  constexpr const char* op = "binary_crossentropy";
  if (!(label_smoothing >= 0 && label_smoothing <= 1))
    fail<ArgumentError>(op, "label_smoothing must lie in [0, 1], got ", label_smoothing);
  if (from_logits)
    return pointwise_loss(op, BinaryOfLogits{label_smoothing}, y_true, y_pred, AlongRow::average,
                          GradientOf::prediction, reduction, sample_weight);
  return pointwise_loss(op, BinaryOfProbabilities{label_smoothing}, y_true, y_pred, AlongRow::average,
                        GradientOf::prediction, reduction, sample_weight);
}

Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred, const std::string& reduction,
                     const std::optional<Tensor>& sample_weight) {
  return pointwise_loss("kl_divergence", KullbackLeibler{}, y_true, y_pred, AlongRow::sum,
                        GradientOf::prediction, reduction, sample_weight);
}

}  // namespace afina
