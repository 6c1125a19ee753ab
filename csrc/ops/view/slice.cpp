#include "ops/view/slice.h"

#include <algorithm>

#include "core/node.h"
#include "ops/view/strided_copy.h"
#include "ops/view/view.h"

namespace afina {
namespace {

struct Region {
  Shape sizes;
  Strides in_x;  // where the region's elements lie in x
};

Region checked_region(const Tensor& x, const std::vector<int64_t>& starts, const std::vector<int64_t>& stops,
                      const std::vector<int64_t>& steps) {
  if (starts.size() != stops.size() || starts.size() != steps.size() ||
      static_cast<int>(starts.size()) > x.rank())
    fail<ShapeError>("slice", "starts, stops and steps must have one entry for each of at most ", x.rank(),
                     " axes, got ", starts.size(), ", ", stops.size(), " and ", steps.size());
  Region region{x.shape(), contiguous_strides(x.shape())};
  for (size_t i = 0; i < starts.size(); ++i) {
    const int axis = static_cast<int>(i);
    const int64_t n = x.shape()[axis], step = steps[i];
    if (step == 0) fail<ArgumentError>("slice", "the step of axis ", axis, " is 0");
    if (step < -(int64_t{1} << 48))
      fail<ArgumentError>("slice", "the step ", step, " of axis ", axis, " is too far");
    // Python's rule: a negative position counts from the end, and both are clipped to what a walk can reach.
    const auto clipped = [&](int64_t at) {
      if (at < 0) at = at < -n ? -1 : at + n;
      return step > 0 ? std::clamp<int64_t>(at, 0, n) : std::clamp<int64_t>(at, -1, n - 1);
    };
    const int64_t first = clipped(starts[i]);
    const int64_t last = stops[i] == INT64_MIN ? -1 : clipped(stops[i]);
    const int64_t span = step > 0 ? last - first : first - last;
    const int64_t stride = step > 0 ? step : -step;
    const int64_t count = span <= 0 ? 0 : (span - 1) / stride + 1;
    region.sizes = region.sizes.with(axis, count);
    if (count > 0) region.in_x.offset += first * region.in_x.step[axis];
    region.in_x.step[axis] *= count > 1 ? step : 1;
  }
  return region;
}

}  // namespace

Tensor slice(const Tensor& x, const std::vector<int64_t>& starts, const std::vector<int64_t>& stops,
             const std::vector<int64_t>& steps) {
  const Region region = checked_region(x, starts, stops, steps);
  Tensor y = empty(region.sizes, x.dtype(), x.device());
  strided_copy(x, region.in_x, y, contiguous_strides(y.shape()), y.shape());
  return record("slice", {x}, y, [region, before = x.shape()](const Tensor& dy) -> Gradients {
    Tensor dx = zeros(before, dy.dtype(), dy.device());
    strided_copy(dy, contiguous_strides(dy.shape()), dx, region.in_x, region.sizes);
    return {dx};
  });
}

Tensor concatenate(const std::vector<Tensor>& tensors, int64_t axis) {
  if (tensors.empty()) fail<ArgumentError>("concatenate", "needs at least one tensor");
  const Tensor& first = tensors[0];
  if (first.rank() == 0) fail<ShapeError>("concatenate", "scalars have no axis to join; use stack");
  const int at = checked_axis("concatenate", axis, first.rank());
  int64_t total = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    if (x.dtype() != first.dtype())
      fail<DTypeError>("concatenate", "tensor ", i, " is ", x.dtype(), ", tensor 0 is ", first.dtype());
    if (x.rank() != first.rank() || x.shape().with(at, 0) != first.shape().with(at, 0))
      fail<ShapeError>("concatenate", "tensor ", i, " has shape ", x.shape(), ", tensor 0 ", first.shape(),
                       ": only axis ", at, " may differ");
    total += x.shape()[at];
  }
  Tensor y = empty(first.shape().with(at, total), first.dtype(), first.device());
  std::vector<int64_t> sizes;
  Strides target = contiguous_strides(y.shape());
  for (const Tensor& x : tensors) {
    strided_copy(x, contiguous_strides(x.shape()), y, target, x.shape());
    target.offset += x.shape()[at] * target.step[at];
    sizes.push_back(x.shape()[at]);
  }
  return record("concatenate", std::span(tensors), y,
                [sizes, at](const Tensor& dy, Needs needs) -> Gradients {
                  Gradients gradients(sizes.size());
                  Strides source = contiguous_strides(dy.shape());
                  for (size_t i = 0; i < sizes.size(); ++i) {
                    if (needs[static_cast<int>(i)]) {
                      gradients[i] = empty(dy.shape().with(at, sizes[i]), dy.dtype(), dy.device());
                      strided_copy(dy, source, gradients[i], contiguous_strides(gradients[i].shape()),
                                   gradients[i].shape());
                    }
                    source.offset += sizes[i] * source.step[at];
                  }
                  return gradients;
                });
}

Tensor stack(const std::vector<Tensor>& tensors, int64_t axis) {
  if (tensors.empty()) fail<ArgumentError>("stack", "needs at least one tensor");
  std::vector<Tensor> widened;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].shape() != tensors[0].shape())
      fail<ShapeError>("stack", "tensor ", i, " has shape ", tensors[i].shape(), ", tensor 0 ",
                       tensors[0].shape());
    widened.push_back(expand_dims(tensors[i], axis));
  }
  return concatenate(widened, axis);
}

Tensor pad(const Tensor& x, const std::vector<std::pair<int64_t, int64_t>>& paddings, double value) {
  if (static_cast<int>(paddings.size()) != x.rank())
    fail<ShapeError>("pad", "paddings has ", paddings.size(), " pairs, x of shape ", x.shape(), " has ",
                     x.rank(), " axes");
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < paddings.size(); ++i) {
    const auto [before, after] = paddings[i];
    if (before < 0 || after < 0)
      fail<ArgumentError>("pad", "paddings of axis ", i, " are (", before, ", ", after,
                          "), none may be negative");
    int64_t sum = 0;
    if (__builtin_add_overflow(before, after, &sum) ||
        __builtin_add_overflow(sum, x.shape()[static_cast<int>(i)], &sum))
      fail<ShapeError>("pad", "paddings of axis ", i, " are too large");
    sizes.push_back(sum);
  }
  Tensor y = full(Shape(sizes), value, x.dtype(), x.device());
  Strides inside = contiguous_strides(y.shape());
  for (size_t i = 0; i < paddings.size(); ++i) inside.offset += paddings[i].first * inside.step[i];
  strided_copy(x, contiguous_strides(x.shape()), y, inside, x.shape());
  return record("pad", {x}, y, [inside, before = x.shape()](const Tensor& dy) -> Gradients {
    Tensor dx = empty(before, dy.dtype(), dy.device());
    strided_copy(dy, inside, dx, contiguous_strides(before), before);
    return {dx};
  });
}

}  // namespace afina
