#pragma once

#include <optional>
#include <string>

#include "core/tensor.h"

// Losses that compare y_true and y_pred, both (..., n), element by element.  Reductions and weights:
// reduction.h. The first three average over the last axis and have gradients with respect to both; the
// others, of y_pred alone.
namespace afina {

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred, const std::string& reduction,
                          const std::optional<Tensor>& sample_weight);
Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred, const std::string& reduction,
                           const std::optional<Tensor>& sample_weight);
// e^2 / 2 where |e| <= delta, delta |e| - delta^2 / 2 beyond.
Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta, const std::string& reduction,
             const std::optional<Tensor>& sample_weight);
// -(t log p + (1 - t) log(1 - p)), averaged over the last axis; p = sigmoid(y_pred) from logits.
Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                           double label_smoothing, const std::string& reduction,
                           const std::optional<Tensor>& sample_weight);
// t log(t / p), summed over the last axis.
Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred, const std::string& reduction,
                     const std::optional<Tensor>& sample_weight);

}  // namespace afina
