#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/tensor.h"

namespace afina {

// Long short-term memory (Hochreiter & Schmidhuber 1997, with Gers's forget gate) over a whole sequence:
//   [i f g o] = x_t kernel + h recurrent_kernel + bias      g bent by `activation`, i f o by
//   c = f c + i g,  h = o activation(c)                     `recurrent_activation`
// x: (batch, steps, inputs), kernel (inputs, 4 units), recurrent_kernel (units, 4 units), bias (4 units) or
// none; initial_h, initial_c: (batch, units), zeros if absent.  Returns {every h (batch, steps, units), the
// last h, the last c}.
// mask (batch, steps), bool: where it is false the state passes through and h is repeated.
// recurrent_scale (batch, units): h is multiplied by it before the product (dropout of the state); carries no
// gradient.  go_backwards: from the last step to the first, h in the order of the walk.
// Saves the gates and the cells of all steps, and x and the result.
std::array<Tensor, 3> lstm(const Tensor& x, const Tensor& kernel, const Tensor& recurrent_kernel,
                           const std::optional<Tensor>& bias, const std::optional<Tensor>& initial_h,
                           const std::optional<Tensor>& initial_c, const std::optional<Tensor>& mask,
                           const std::optional<Tensor>& recurrent_scale, bool go_backwards,
                           const std::string& activation, const std::string& recurrent_activation);

}  // namespace afina
