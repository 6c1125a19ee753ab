#pragma once

#include "ops/optim/lists.h"

// Gradient clipping, in place, and the norm it stands on.  Norms are summed in double, piece by piece in
// order.
namespace afina {

// sqrt(sum of the squares of all elements of all tensors); 0 for no tensors.
double global_norm(const Tensors& tensors);

// g = min(max(g, -clip), clip); NaN stays NaN.
void clip_by_value(const Tensors& grads, double clip);

// Each tensor on its own: g *= clip / |g| where |g| > clip.  A norm that is not finite scales nothing.
void clip_by_norm(const Tensors& grads, double clip);

// All of them as one vector; returns the norm before clipping.
double clip_by_global_norm(const Tensors& grads, double clip);

}  // namespace afina
