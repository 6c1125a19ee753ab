#pragma once

#include <cstdint>
#include <optional>

#include "core/axes.h"
#include "core/tensor.h"

// Reductions over some axes (None: all).  With `keepdims` the reduced axes stay, of size one.  An axis
// outside the shape is an IndexRangeError, one named twice an ArgumentError.  Sums are accumulated in double;
// they are cut into pieces by the shape, so that the number of threads does not change a bit.
namespace afina {

// Of bool and integers: int64.  Of nothing: 0 and 1.
Tensor sum(const Tensor& x, const Axes& axis, bool keepdims);
Tensor product(const Tensor& x, const Axes& axis, bool keepdims);

// Of bool and integers: float32.  Of nothing: NaN.
Tensor mean(const Tensor& x, const Axes& axis, bool keepdims);

// Any dtype; NaN wins; of nothing: ShapeError.  The gradient goes to the first of equals.
Tensor largest(const Tensor& x, const Axes& axis, bool keepdims);
Tensor smallest(const Tensor& x, const Axes& axis, bool keepdims);

// Is one element (are all elements) not 0?  bool; of nothing: false and true.
Tensor any(const Tensor& x, const Axes& axis, bool keepdims);
Tensor all(const Tensor& x, const Axes& axis, bool keepdims);

// sum((x - mean)^2) / (n - ddof), and its root; n must exceed ddof.
Tensor variance(const Tensor& x, const Axes& axis, bool keepdims, int64_t ddof);
Tensor standard_deviation(const Tensor& x, const Axes& axis, bool keepdims, int64_t ddof);

// log sum e^x without overflow; floating dtypes.
Tensor logsumexp(const Tensor& x, const Axes& axis, bool keepdims);

// int64: the first position of the largest (smallest) element along the axis (None: in row-major order); of
// nothing: ShapeError; NaN counts as both.
Tensor argmax(const Tensor& x, std::optional<int64_t> axis);
Tensor argmin(const Tensor& x, std::optional<int64_t> axis);

}  // namespace afina
