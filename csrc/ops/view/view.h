#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/axes.h"
#include "core/tensor.h"

// Other shapes and orders of the same values.  reshape, expand_dims and squeeze share the storage, the others
// copy.
namespace afina {

// x with another shape of the same size; one size may be -1 and is then what is left.
Tensor reshape(const Tensor& x, const std::vector<int64_t>& shape);
Tensor reshape(const Tensor& x, const Shape& shape);

Tensor expand_dims(const Tensor& x, int64_t axis);  // a new axis of size one before `axis`
Tensor squeeze(const Tensor& x, const Axes& axis);  // without the given axes of size one (None: all of them)

// y[i_axes[0], i_axes[1], ...] = x[i]: axis k of y is axis axes[k] of x; None reverses them.
Tensor transpose(const Tensor& x, const std::optional<std::vector<int64_t>>& axes);

// x reversed along the axes.
Tensor flip(const Tensor& x, const Axes& axis);

}  // namespace afina
