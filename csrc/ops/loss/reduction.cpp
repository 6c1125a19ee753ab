#include "ops/loss/reduction.h"

namespace afina {

// The sum of losses[r] * weights[r / rows_per_weight], in double, chunk by chunk in order.
template <Isa, class T>
double weighted_sum_cpu(const T* losses, const T* weights, int64_t rows_per_weight, int64_t rows);
template <class T>
void weighted_sum_cuda(const T* losses, const T* weights, int64_t rows_per_weight, int64_t rows,
                       double factor, T* y, Stream& stream);
// y[r] = x[r * step] * weights[r / rows_per_weight] * factor; step 0 takes the same x for every row.
template <Isa, class T>
void weight_rows_cpu(const T* x, int64_t step, const T* weights, int64_t rows_per_weight, T factor, T* y,
                     int64_t rows);
template <class T>
void weight_rows_cuda(const T* x, int64_t step, const T* weights, int64_t rows_per_weight, T factor, T* y,
                      int64_t rows, Stream& stream);
// The index of the first NaN of x, or -1.
template <Isa, class T>
int64_t first_nan_cpu(const T* x, int64_t n);
template <class T>
void refuse_nan_cuda(const char* op, const T* x, int64_t n, Stream& stream);

namespace {

Reduction reduction_named(const char* op, const std::string& name) {
  if (name == "mean") return Reduction::mean;
  if (name == "sum") return Reduction::sum;
  if (name == "none") return Reduction::none;
  fail<ArgumentError>(op, "reduction must be \"mean\", \"sum\" or \"none\", got \"", name, "\"");
}

bool is_prefix(const Shape& shorter, const Shape& longer) {
  return shorter.rank() <= longer.rank() && longer.prefix(shorter.rank()) == shorter;
}

}  // namespace

LossRows loss_rows(const char* op, const Tensor& y_pred, const std::string& reduction,
                   const std::optional<Tensor>& sample_weight) {
  if (!is_floating(y_pred.dtype()))
    fail<DTypeError>(op, "y_pred needs float32 or float64, got ", y_pred.dtype());
  if (y_pred.rank() == 0) fail<ShapeError>(op, "y_pred needs at least one axis, got shape ()");
  LossRows rows;
  rows.shape = y_pred.shape().prefix(y_pred.rank() - 1);
  rows.rows = rows.shape.size();
  rows.n = y_pred.dim(-1);
  rows.reduction = reduction_named(op, reduction);
  if (rows.n == 0) fail<ShapeError>(op, "the last axis of y_pred is empty: shape ", y_pred.shape());
  if (sample_weight && sample_weight->defined()) {
    const Tensor& weights = *sample_weight;
    if (weights.dtype() != y_pred.dtype())
      fail<DTypeError>(op, "sample_weight is ", weights.dtype(), ", y_pred is ", y_pred.dtype());
    if (!is_prefix(weights.shape(), rows.shape) || (weights.rank() == 0 && rows.shape.rank() > 0))
      fail<ShapeError>(op, "sample_weight must have shape ", rows.shape, " or be one weight per sample, got ",
                       weights.shape());
    rows.weights = detached(weights);
    rows.rows_per_weight = rows.shape.size_between(weights.rank(), rows.shape.rank());
  }
  return rows;
}

void divide_by_count(const char* op, LossRows& rows, int64_t count) {
  if (rows.reduction != Reduction::mean) return;
  if (rows.rows == 0)
    fail<ArgumentError>(op, "the mean over no samples is undefined: rows of shape ", rows.shape);
  rows.factor = count == 0 ? 0 : 1 / static_cast<double>(count);
}

void check_targets(const char* op, const Tensor& y_true, const Tensor& y_pred) {
  if (y_true.shape() != y_pred.shape())
    fail<ShapeError>(op, "y_true has shape ", y_true.shape(), ", y_pred has ", y_pred.shape(),
                     ": they must be the same, nothing is broadcast");
  if (y_true.dtype() != y_pred.dtype())
    fail<DTypeError>(op, "y_true is ", y_true.dtype(), ", y_pred is ", y_pred.dtype());
  visit_floating(y_true.dtype(), op, [&]<class T>() {
    launch(
        y_true.device(),
        [=]<Isa I>() {
          const int64_t at = first_nan_cpu<I>(y_true.data<T>(), y_true.size());
          if (at >= 0) fail<ArgumentError>(op, "y_true is NaN at element ", at, " of shape ", y_true.shape());
        },
        [=](auto& stream) { refuse_nan_cuda(op, y_true.data<T>(), y_true.size(), stream); });
  });
}

Tensor reduce_loss(const LossRows& rows, const Tensor& row_losses) {
  return visit_floating(row_losses.dtype(), "loss", [&]<class T>() {
    if (rows.reduction == Reduction::none) {
      if (!rows.weights.defined()) return viewed(row_losses, rows.shape);
      Tensor weighted = empty(rows.shape, row_losses.dtype(), row_losses.device());
      launch(
          row_losses.device(),
          [=]<Isa I>() {
            weight_rows_cpu<I>(row_losses.data<T>(), 1, rows.weight_data<T>(), rows.rows_per_weight, T{1},
                               weighted.data<T>(), rows.rows);
          },
          [=](auto& stream) {
            weight_rows_cuda(row_losses.data<T>(), 1, rows.weight_data<T>(), rows.rows_per_weight, T{1},
                             weighted.data<T>(), rows.rows, stream);
          });
      return weighted;
    }
    Tensor total = empty(Shape{}, row_losses.dtype(), row_losses.device());
    launch(
        row_losses.device(),
        [=]<Isa I>() {
          const double sum = weighted_sum_cpu<I>(row_losses.data<T>(), rows.weight_data<T>(),
                                                 rows.rows_per_weight, rows.rows);
          *total.data<T>() = static_cast<T>(sum * rows.factor);
        },
        [=](auto& stream) {
          weighted_sum_cuda(row_losses.data<T>(), rows.weight_data<T>(), rows.rows_per_weight, rows.rows,
                            rows.factor, total.data<T>(), stream);
        });
    return total;
  });
}

Tensor row_gradients(const LossRows& rows, const Tensor& dy) {
  Tensor gradients = empty({rows.rows}, dy.dtype(), dy.device());
  visit_floating(dy.dtype(), "loss", [&]<class T>() {
    launch(
        dy.device(),
        [=]<Isa I>() {
          weight_rows_cpu<I>(dy.data<T>(), rows.reduction == Reduction::none ? 1 : 0, rows.weight_data<T>(),
                             rows.rows_per_weight, static_cast<T>(rows.factor), gradients.data<T>(),
                             rows.rows);
        },
        [=](auto& stream) {
          weight_rows_cuda(dy.data<T>(), rows.reduction == Reduction::none ? 1 : 0, rows.weight_data<T>(),
                           rows.rows_per_weight, static_cast<T>(rows.factor), gradients.data<T>(), rows.rows,
                           stream);
        });
  });
  return gradients;
}

}  // namespace afina
