#pragma once

#include <initializer_list>

#include "core/tensor.h"
#include "ops/elementwise/broadcast_loop.h"

namespace afina {

// The loop over `result` in which each operand's shape is broadcast to it.
BroadcastLoop broadcast_loop(const Shape& result, std::initializer_list<const Shape*> operands);

// x repeated along new and size-one axes up to `shape`; the gradient is sum_to.
Tensor broadcast_to(const Tensor& x, const Shape& shape);

// The sum over the axes along which broadcasting x's-shape-to-be repeated it: the gradient of a broadcast
// operand.
Tensor sum_to(const Tensor& x, const Shape& shape);

// `value` as a tensor of x's dtype, without axes; DTypeError when an integer tensor meets a fraction.
Tensor scalar_like(const char* op, double value, const Tensor& x);

}  // namespace afina
