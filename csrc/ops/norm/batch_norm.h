#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/tensor.h"

namespace afina {

// Batch normalization for training (Ioffe & Szegedy 2015).  x: (..., c); the statistics of each channel are
// over all other axes, the variance divides by their number (biased).
//   y = activation((x - mean) / sqrt(variance + epsilon) * gamma + beta)  returns {y, mean (c), variance (c)}
// gamma, beta: (c) or None.  Saves x, mean, 1 / sqrt(variance + epsilon), and what an activation other than
// relu and relu6 keeps.  mean and variance carry no gradient.  A channel needs at least two values.
std::array<Tensor, 3> batch_norm(const Tensor& x, const std::optional<Tensor>& gamma,
                                 const std::optional<Tensor>& beta, double epsilon,
                                 const std::string& activation = "linear");

// The same with statistics given, as at prediction; they carry no gradient.  Saves 1 / sqrt(variance +
// epsilon) and, where gamma or beta need a gradient, x; where that is recorded, the activation is an op
// apart.
Tensor batch_norm_inference(const Tensor& x, const Tensor& mean, const Tensor& variance,
                            const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                            double epsilon, const std::string& activation = "linear");

}  // namespace afina
