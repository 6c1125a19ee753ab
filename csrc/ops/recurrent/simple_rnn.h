#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/tensor.h"

namespace afina {

// h = activation(x_t kernel + h recurrent_kernel + bias) over a whole sequence (Elman 1990).
// x: (batch, steps, inputs), kernel (inputs, units), recurrent_kernel (units, units), bias (units) or none.
// Returns {every h (batch, steps, units), the last h}.  initial_h, mask, recurrent_scale and go_backwards are
// as in lstm.h.  Saves x and the result.
std::array<Tensor, 2> simple_rnn(const Tensor& x, const Tensor& kernel, const Tensor& recurrent_kernel,
                                 const std::optional<Tensor>& bias, const std::optional<Tensor>& initial_h,
                                 const std::optional<Tensor>& mask,
                                 const std::optional<Tensor>& recurrent_scale, bool go_backwards,
                                 const std::string& activation);

}  // namespace afina
