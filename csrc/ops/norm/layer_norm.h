#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace afina {

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta with one mean and one (biased) variance per row; a
// row is the last `axes` axes of x (Ba, Kiros & Hinton 2016).  gamma, beta: the shape of a row, or None.
// Saves x, mean and 1 / sqrt(variance + epsilon).
Tensor layer_norm(const Tensor& x, const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                  double epsilon, int64_t axes);

}  // namespace afina
