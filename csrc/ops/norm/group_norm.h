#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace afina {

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta.  x: (n, ..., c); the channels of each instance
// fall into `groups` groups of neighbours, each with one mean and (biased) variance over its channels and all
// middle axes (Wu & He 2018).  gamma, beta: (c) or None.  Saves x, and mean and 1 / sqrt(variance + epsilon)
// of each channel.
Tensor group_norm(const Tensor& x, const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                  int64_t groups, double epsilon);

// Every channel its own group (Ulyanov, Vedaldi & Lempitsky 2016).
Tensor instance_norm(const Tensor& x, const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                     double epsilon);

}  // namespace afina
