#pragma once

#include <cstdint>

#include "core/tensor.h"

// Picking by integer indices.  Negative indices count from the end; one outside [-n, n) is an
// IndexRangeError, found before anything is read.
namespace afina {

// The entries of x along `axis` that `indices` (int32 or int64, any shape) names: x.shape with that axis
// replaced by indices.shape.  The gradient adds dy's entries into the places they came from, in the order of
// the indices.
Tensor gather(const Tensor& x, const Tensor& indices, int64_t axis);

// The rows of `table` (n, d) that `indices` names: indices.shape + (d,).
Tensor embedding(const Tensor& indices, const Tensor& table);

// 1 at the index and 0 elsewhere along a new last axis of size `depth`.
Tensor one_hot(const Tensor& indices, int64_t depth, DType dtype);

// y[..., i, ...] = x[..., indices[..., i, ...], ...] along `axis`; the other sizes of x and indices agree.
Tensor take_along_axis(const Tensor& x, const Tensor& indices, int64_t axis);

}  // namespace afina
