#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/launch.h"
#include "core/tensor.h"

// What the losses share.  A loss takes tensors (..., n), gives one value per row (the last axis is reduced)
// and then "none", "sum" or "mean" of the rows: the mean divides by the number of rows, whatever their
// weights (as Keras does). sample_weight has the shape of the rows, or is one weight per sample: a prefix of
// it, such as (batch,).  Nothing else is broadcast, ever.
namespace afina {

enum class Reduction { none, mean, sum };

// The rows of one loss: how many, how they are weighted and what becomes of them.
struct LossRows {
  Shape shape;  // of the rows
  int64_t rows = 0;
  int64_t n = 0;  // elements a row
  Reduction reduction = Reduction::mean;
  Tensor weights;  // undefined: all one
  int64_t rows_per_weight = 1;
  double factor = 1;  // what the sum of the rows is multiplied by

  template <class T>
  const T* weight_data() const {
    return weights.data_or_null<T>();
  }
};

// Checks y_pred (floating, at least one axis), the name of the reduction and the weights.
LossRows loss_rows(const char* op, const Tensor& y_pred, const std::string& reduction,
                   const std::optional<Tensor>& sample_weight);

// Divides by `count` where the reduction is a mean; a mean over nothing is an ArgumentError.
void divide_by_count(const char* op, LossRows& rows, int64_t count);

// y_true must have exactly y_pred's shape and dtype, and no NaN.
void check_targets(const char* op, const Tensor& y_true, const Tensor& y_pred);

// The result of the loss from the unweighted value of each row; no gradient.
Tensor reduce_loss(const LossRows& rows, const Tensor& row_losses);

// What each row's gradient is multiplied by: dy, the row's weight and the factor; shape (rows,).
Tensor row_gradients(const LossRows& rows, const Tensor& dy);

}  // namespace afina
