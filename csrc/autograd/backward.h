#pragma once

#include <vector>

#include "core/tensor.h"

namespace afina {

// d root / d input for every tensor in `inputs` (undefined where root does not depend on it), leaving .grad
// alone. `seed` is the gradient of root itself; undefined means one, and then root must be a scalar. Unless
// `retain_graph`, what the ops saved is released on the way and a second walk is an error.
std::vector<Tensor> gradients(const Tensor& root, const std::vector<Tensor>& inputs, const Tensor& seed,
                              bool retain_graph);

// The same walk, adding into .grad of every leaf that requires a gradient.
void backward(const Tensor& root, const Tensor& seed, bool retain_graph);

}  // namespace afina
