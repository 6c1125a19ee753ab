#pragma once

#include <optional>
#include <string>

#include "core/tensor.h"

namespace afina {

// y = activation(x kernel + bias).  x: (..., n), kernel: (n, m), bias: (m,) or none, y: (..., m).
// Saves x and kernel, and for the activation's gradient y or x kernel + bias.
Tensor linear(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias,
              const std::string& activation);

}  // namespace afina
