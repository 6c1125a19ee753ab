#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/tensor.h"

// Cross-entropy over classes, the last axis of y_pred (..., n).  Reductions and weights: reduction.h.
//   from_logits:         loss = -sum_j t_j log softmax(x)_j
//   from probabilities:  q = p / sum(p), kept in [1e-7, 1 - 1e-7];  loss = -sum_j t_j log q_j
// The gradient with respect to y_pred is computed with the loss, in one pass over the row, and saved; y_true
// has none.
namespace afina {

// y_true (..., n) holds probabilities, smoothed to t (1 - label_smoothing) + label_smoothing / n.
Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                double label_smoothing, const std::string& reduction,
                                const std::optional<Tensor>& sample_weight);

// labels (...) or (..., 1) hold class numbers in [0, n), as integers or as floats without fraction.  Rows
// labelled ignore_class cost nothing and are not counted by the mean.
Tensor sparse_categorical_crossentropy(const Tensor& labels, const Tensor& y_pred, bool from_logits,
                                       std::optional<int64_t> ignore_class, const std::string& reduction,
                                       const std::optional<Tensor>& sample_weight);

}  // namespace afina
