#include "ops/view/view.h"

#include <algorithm>

#include "core/node.h"
#include "ops/view/strided_copy.h"

namespace afina {
Tensor reshape(const Tensor& x, const Shape& shape) {
  if (shape.size() != x.size())
    fail<ShapeError>("reshape", "cannot reshape ", x.shape(), " of ", x.size(), " elements into ", shape,
                     " of ", shape.size());
  return record("reshape", {x}, viewed(x, shape),
                [before = x.shape()](const Tensor& dy) -> Gradients { return {viewed(dy, before)}; });
}

Tensor reshape(const Tensor& x, const std::vector<int64_t>& shape) {
  std::vector<int64_t> sizes = shape;
  const auto unknown = std::ranges::find(sizes, -1);
  if (unknown != sizes.end()) {
    if (std::ranges::count(shape, -1) > 1) fail<ShapeError>("reshape", "cannot infer more than one size -1");
    *unknown = 1;
    const int64_t known = Shape(sizes).size();
    if (known == 0 || x.size() % known != 0)
      fail<ShapeError>("reshape", "cannot infer the size -1 when ", x.shape(), " of ", x.size(),
                       " elements is reshaped: the other sizes multiply to ", known);
    *unknown = x.size() / known;
  }
  return reshape(x, Shape(sizes));
}

Tensor expand_dims(const Tensor& x, int64_t axis) {
  return reshape(x, x.shape().inserted(checked_axis("expand_dims", axis, x.rank() + 1), 1));
}

Tensor squeeze(const Tensor& x, const Axes& axis) {
  const AxisFlags named = named_axes("squeeze", axis, x.rank());
  std::vector<int64_t> sizes;
  for (int at = 0; at < x.rank(); ++at) {
    const int64_t size = x.shape()[at];
    if (axis && named[static_cast<size_t>(at)] && size != 1)
      fail<ShapeError>("squeeze", "axis ", at, " of ", x.shape(), " has size ", size,
                       ", only axes of size 1 can go");
    if (!named[static_cast<size_t>(at)] || size != 1) sizes.push_back(size);
  }
  return reshape(x, Shape(sizes));
}

Tensor transpose(const Tensor& x, const std::optional<std::vector<int64_t>>& axes) {
  const int rank = x.rank();
  std::vector<int64_t> order(static_cast<size_t>(rank)), back(static_cast<size_t>(rank), -1);
  if (axes && axes->size() != order.size())
    fail<ShapeError>("transpose", "axes names ", axes->size(), " axes, x of shape ", x.shape(), " has ",
                     rank);
  for (int at = 0; at < rank; ++at) {
    const auto i = static_cast<size_t>(at);
    order[i] = axes ? checked_axis("transpose", (*axes)[i], rank) : rank - 1 - at;
    if (back[static_cast<size_t>(order[i])] != -1)
      fail<ArgumentError>("transpose", "axes names axis ", order[i], " twice");
    back[static_cast<size_t>(order[i])] = at;
  }
  const Strides of_x = contiguous_strides(x.shape());
  Strides source;
  std::vector<int64_t> sizes(static_cast<size_t>(rank));
  for (int at = 0; at < rank; ++at) {
    const int from = static_cast<int>(order[static_cast<size_t>(at)]);
    sizes[static_cast<size_t>(at)] = x.shape()[from];
    source.step[at] = of_x.step[from];
  }
  Tensor y = empty(Shape(sizes), x.dtype(), x.device());
  strided_copy(x, source, y, contiguous_strides(y.shape()), y.shape());
  return record("transpose", {x}, y, [back](const Tensor& dy) -> Gradients { return {transpose(dy, back)}; });
}

Tensor flip(const Tensor& x, const Axes& axis) {
  const AxisFlags named = named_axes("flip", axis, x.rank());
  Strides source = contiguous_strides(x.shape());
  for (int at = 0; at < x.rank(); ++at) {
    if (!named[static_cast<size_t>(at)] || x.shape()[at] == 0) continue;
    source.offset += source.step[at] * (x.shape()[at] - 1);
    source.step[at] = -source.step[at];
  }
  Tensor y = empty_like(x);
  strided_copy(x, source, y, contiguous_strides(x.shape()), x.shape());
  return record("flip", {x}, y, [axis](const Tensor& dy) -> Gradients { return {flip(dy, axis)}; });
}

}  // namespace afina
