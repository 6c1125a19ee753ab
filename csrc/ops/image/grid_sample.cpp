#include "ops/image/grid_sample.h"

#include <algorithm>
#include <array>

#include "core/launch.h"
#include "core/node.h"
#include "ops/image/sampling.h"

namespace afina {

template <Isa, class T>
void grid_sample_cpu(const T* x, const T* points, T* y, const Sampling& sampling);
template <class T>
void grid_sample_cuda(const T* x, const T* points, T* y, const Sampling& sampling, Stream& stream);

// dx += the share of each pixel in each point times dy there.
template <Isa, class T>
void grid_sample_grad_cpu(const T* dy, const T* points, T* dx, const Sampling& sampling);
template <class T>
void grid_sample_grad_cuda(const T* dy, const T* points, T* dx, const Sampling& sampling, Stream& stream);

namespace {

constexpr int64_t kMostPixels = int64_t{1} << 29;  // on an axis: positions beyond are still whole numbers

Fill fill_of(const std::string& mode) {
  constexpr std::array<const char*, 4> names{"constant", "nearest", "reflect", "wrap"};
  const auto* const found = std::find(names.begin(), names.end(), mode);
  if (found == names.end())
    fail<ArgumentError>("grid_sample",
                        "fill_mode must be \"constant\", \"nearest\", \"reflect\" or \"wrap\", got \"", mode,
                        "\"");
  return static_cast<Fill>(found - names.begin());
}

Sampling checked_sampling(const Tensor& x, const Tensor& points, const std::string& interpolation,
                          const std::string& fill_mode, double fill_value) {
  constexpr int kLeastRank = 3, kMostRank = 5;
  if (interpolation != "nearest" && interpolation != "bilinear")
    fail<ArgumentError>("grid_sample", "interpolation must be \"nearest\" or \"bilinear\", got \"",
                        interpolation, "\"");
  const Fill fill = fill_of(fill_mode);
  if (x.rank() < kLeastRank || x.rank() > kMostRank)
    fail<ShapeError>("grid_sample", "x needs shape (n, *size, channels) with one to three axes, got ",
                     x.shape());
  if (!is_floating(x.dtype())) fail<DTypeError>("grid_sample", "x needs float32 or float64, got ", x.dtype());
  if (points.dtype() != x.dtype())
    fail<DTypeError>("grid_sample", "points needs the dtype of x, ", x.dtype(), ", got ", points.dtype());
  const int axes = x.rank() - 2;
  if (points.rank() < 3 || points.dim(0) != axes || points.dim(1) != x.dim(0))
    fail<ShapeError>("grid_sample", "points needs shape (", axes, ", ", x.dim(0), ", *out) for x of shape ",
                     x.shape(), ", got ", points.shape());
  Sampling sampling{};
  sampling.images = x.dim(0);
  sampling.channels = x.dim(-1);
  sampling.axes = axes;
  sampling.fill = fill;
  sampling.fill_value = fill_value;
  sampling.nearest = interpolation == "nearest";
  for (int axis = 0; axis < axes; ++axis) {
    const int64_t size = x.dim(1 + axis);
    if (size == 0 || size > kMostPixels)
      fail<ShapeError>("grid_sample", "x needs 1 to ", kMostPixels, " pixels on each axis, got ", x.shape());
    sampling.size[axis] = size;
  }
  sampling.points = points.shape().size_between(2, points.rank());
  return sampling;
}

}  // namespace

Tensor grid_sample(const Tensor& x, const Tensor& points, const std::string& interpolation,
                   const std::string& fill_mode, double fill_value) {
  const Sampling sampling = checked_sampling(x, points, interpolation, fill_mode, fill_value);
  const Tensor y = empty(points.shape().without(0).appended(sampling.channels), x.dtype(), x.device());
  visit_floating(x.dtype(), "grid_sample", [&]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() { grid_sample_cpu<I>(x.data<T>(), points.data<T>(), y.data<T>(), sampling); },
        [=](auto& stream) {
          grid_sample_cuda(x.data<T>(), points.data<T>(), y.data<T>(), sampling, stream);
        });
  });
  return record("grid_sample", {x}, y, [points, sampling, size = x.shape()](const Tensor& dy) -> Gradients {
    const Tensor dx = zeros(size, dy.dtype(), dy.device());
    visit_floating(dy.dtype(), "grid_sample", [&]<class T>() {
      launch(
          dy.device(),
          [=]<Isa I>() { grid_sample_grad_cpu<I>(dy.data<T>(), points.data<T>(), dx.data<T>(), sampling); },
          [=](auto& stream) {
            grid_sample_grad_cuda(dy.data<T>(), points.data<T>(), dx.data<T>(), sampling, stream);
          });
    });
    return {dx};
  });
}

}  // namespace afina
