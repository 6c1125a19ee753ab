#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/tensor.h"

namespace afina {

// Gated recurrent unit (Cho et al. 2014) over a whole sequence, z and r bent by `recurrent_activation`:
//   [z r] = x_t kernel + h recurrent_kernel + bias   (their parts)
//   g = activation(x_t kernel + bias + r (h recurrent_kernel + recurrent bias))   with reset_after
//   g = activation(x_t kernel + bias + (r h) recurrent_kernel)                    without
//   h = z h + (1 - z) g
// x: (batch, steps, inputs), kernel (inputs, 3 units), recurrent_kernel (units, 3 units) in the order z, r,
// g; bias: (2, 3 units) with reset_after, the recurrent product's in the second row, else (3 units); or none.
// Returns {every h (batch, steps, units), the last h}.  initial_h, mask, recurrent_scale and go_backwards are
// as in lstm.h.  Saves the gates of all steps, and x and the result.
std::array<Tensor, 2> gru(const Tensor& x, const Tensor& kernel, const Tensor& recurrent_kernel,
                          const std::optional<Tensor>& bias, const std::optional<Tensor>& initial_h,
                          const std::optional<Tensor>& mask, const std::optional<Tensor>& recurrent_scale,
                          bool go_backwards, const std::string& activation,
                          const std::string& recurrent_activation, bool reset_after);

}  // namespace afina
