#include "ops/elementwise/broadcast.h"

#include <cmath>

#include "core/node.h"
#include "ops/reduce/reduce.h"
#include "ops/view/strided_copy.h"

namespace afina {
namespace {

// x's steps as seen from `shape`: 0 along the axes where it is repeated.
Strides repeated_strides(const Shape& x, const Shape& shape) {
  const Strides own = contiguous_strides(x);
  Strides seen;
  const int missing = shape.rank() - x.rank();
  for (int axis = missing; axis < shape.rank(); ++axis)
    seen.step[axis] = x[axis - missing] == 1 ? 0 : own.step[axis - missing];
  return seen;
}

bool can_repeat(const Shape& x, const Shape& shape) {
  const int missing = shape.rank() - x.rank();
  if (missing < 0) return false;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (x[axis] != 1 && x[axis] != shape[axis + missing]) return false;
  return true;
}

}  // namespace

BroadcastLoop broadcast_loop(const Shape& result, std::initializer_list<const Shape*> operands) {
  BroadcastLoop loop;
  bool same = true;
  for (const Shape* shape : operands) same = same && *shape == result;
  if (same) {
    loop.size[0] = result.size();
    for (auto& step : loop.step) step[0] = 1;
    return loop;
  }
  Strides strides[kLoopOperands];
  int count = 0;
  for (const Shape* shape : operands) strides[count++] = repeated_strides(*shape, result);
  loop.rank = 0;
  for (int axis = 0; axis < result.rank(); ++axis) {
    const int64_t n = result[axis];
    if (n == 1) continue;
    bool merges = loop.rank > 0;
    for (int k = 0; merges && k < count; ++k)
      merges = loop.step[k][loop.rank - 1] == strides[k].step[axis] * n;
    const int at = merges ? loop.rank - 1 : loop.rank++;
    loop.size[at] = merges ? loop.size[at] * n : n;
    for (int k = 0; k < count; ++k) loop.step[k][at] = strides[k].step[axis];
  }
  if (loop.rank == 0) {  // one element
    loop.rank = 1;
    loop.size[0] = 1;
    for (auto& step : loop.step) step[0] = 1;
  }
  return loop;
}

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  if (!can_repeat(x.shape(), shape))
    fail<ShapeError>("broadcast_to", "cannot repeat ", x.shape(), " up to ", shape);
  Tensor y = empty(shape, x.dtype(), x.device());
  strided_copy(x, repeated_strides(x.shape(), shape), y, contiguous_strides(shape), shape);
  return record("broadcast_to", {x}, y,
                [before = x.shape()](const Tensor& dy) -> Gradients { return {sum_to(dy, before)}; });
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int missing = x.rank() - shape.rank();
  std::vector<int64_t> repeated;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (axis < missing || (shape[axis - missing] == 1 && x.shape()[axis] != 1)) repeated.push_back(axis);
  return viewed(sum(x, repeated, true), shape);
}

Tensor scalar_like(const char* op, double value, const Tensor& x) {
  if (!is_floating(x.dtype()) && value != std::trunc(value))
    fail<DTypeError>(op, "cannot combine ", x.dtype(), " with the fraction ", value,
                     "; cast the tensor first");
  return scalar(value, x.dtype(), x.device());
}

}  // namespace afina
