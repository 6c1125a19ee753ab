#include "ops/reduce/reduce.h"

#include <vector>

#include "core/launch.h"
#include "core/node.h"
#include "ops/elementwise/binary.h"
#include "ops/elementwise/cast.h"
#include "ops/elementwise/unary.h"
#include "ops/elementwise/where.h"
#include "ops/reduce/reduce_grad.h"

namespace afina {
namespace {

// Which axes are reduced away.
struct ReducedAxes {
  AxisFlags reduced;

  ReducedAxes(const char* op, const Shape& shape, const Axes& axis)
      : reduced(named_axes(op, axis, shape.rank())) {}

  Shape result(const Shape& shape, bool keepdims) const {
    Shape left = shape;
    for (int axis = shape.rank() - 1; axis >= 0; --axis)
      if (reduced[static_cast<size_t>(axis)]) left = keepdims ? left.with(axis, 1) : left.without(axis);
    return left;
  }

  int64_t count(const Shape& shape) const {
    int64_t n = 1;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (reduced[static_cast<size_t>(axis)]) n *= shape[axis];
    return n;
  }
};

// Axes side by side that are both kept or both reduced count as one.  Each run of reduced ones is reduced by
// one call of run(x, sizes, shape of the result), the last run first.
template <class Run>
Tensor over_runs(const Tensor& x, const ReducedAxes& axes, bool keepdims, const Run& run) {
  const Shape shape = axes.result(x.shape(), keepdims);
  int64_t sizes[kMaxRank];
  bool reduced[kMaxRank];
  int count = 0, left = 0;  // merged axes; reduced ones among them
  for (int axis = 0; axis < x.rank(); ++axis) {
    const int64_t n = x.shape()[axis];
    if (n == 1) continue;
    if (count > 0 && reduced[count - 1] == axes.reduced[static_cast<size_t>(axis)]) {
      sizes[count - 1] *= n;
    } else {
      sizes[count] = n;
      reduced[count++] = axes.reduced[static_cast<size_t>(axis)];
      left += axes.reduced[static_cast<size_t>(axis)] ? 1 : 0;
    }
  }
  if (left == 0) return run(x, ReduceSizes{x.size(), 1, 1}, shape);
  Tensor y = x;
  int64_t inner = 1;
  for (int at = count - 1; left > 0; --at) {
    if (!reduced[at]) {
      inner *= sizes[at];
      continue;
    }
    int64_t outer = 1;
    for (int before = 0; before < at; ++before) outer *= sizes[before];
    --left;
    y = run(y, ReduceSizes{outer, sizes[at], inner}, left == 0 ? shape : Shape{outer, inner});
  }
  return y;
}

// One run without a record.
Tensor reduced(const char* op, Reduction reduction, const Tensor& x, ReduceSizes sizes, const Shape& shape,
               double scale) {
  Tensor y = empty(shape, x.dtype(), x.device());
  const int64_t pieces = reduce_pieces(sizes);
  const Tensor partials =
      pieces > 1 ? empty(Shape{sizes.outer * pieces * sizes.inner}, DType::float64, x.device()) : Tensor();
  const auto run = [&]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          reduce_cpu<I>(reduction, x.data<T>(), y.data<T>(), sizes, scale,
                        pieces > 1 ? partials.raw() : nullptr);
        },
        [=](auto& stream) {
          reduce_cuda(reduction, x.data<T>(), y.data<T>(), sizes, scale,
                      pieces > 1 ? partials.raw() : nullptr, stream);
        });
  };
  if (x.dtype() == DType::boolean || x.dtype() == DType::uint8)
    run.operator()<uint8_t>();
  else
    visit_numeric(x.dtype(), op, run);
  return y;
}

// Sums (scaled) with their gradient: every element gets its sum's gradient.
Tensor scaled_sum(const char* op, const Tensor& x, const Axes& axis, bool keepdims, bool mean) {
  const ReducedAxes axes(op, x.shape(), axis);
  return over_runs(x, axes, keepdims, [&](const Tensor& part, ReduceSizes sizes, const Shape& shape) {
    const double scale = mean ? 1.0 / static_cast<double>(sizes.n) : 1.0;
    return record(
        op, {part}, reduced(op, Reduction::sum, part, sizes, shape, scale),
        [op, sizes, scale, before = part.shape()](const Tensor& dy) -> Gradients {
          Tensor dx = empty(before, dy.dtype(), dy.device());
          visit_floating(dy.dtype(), op, [&]<class T>() {
            launch(
                dy.device(), [=]<Isa I>() { expand_cpu<I>(dy.data<T>(), dx.data<T>(), sizes, scale); },
                [=](auto& stream) { expand_cuda(dy.data<T>(), dx.data<T>(), sizes, scale, stream); });
          });
          return {dx};
        });
  });
}

Tensor extreme(const char* op, Reduction reduction, const Tensor& x, const Axes& axis, bool keepdims) {
  const ReducedAxes axes(op, x.shape(), axis);
  return over_runs(x, axes, keepdims, [&](const Tensor& part, ReduceSizes sizes, const Shape& shape) {
    if (sizes.n == 0 && sizes.outer * sizes.inner > 0)
      fail<ShapeError>(op, "x of shape ", x.shape(), " has no elements to choose from");
    const Tensor y = reduced(op, reduction, part, sizes, shape, 1.0);
    return record(op, {part}, y, [op, sizes, x = part, y = detached(y)](const Tensor& dy) -> Gradients {
      Tensor dx = empty_like(x);
      visit_floating(dy.dtype(), op, [&]<class T>() {
        launch(
            dy.device(),
            [=]<Isa I>() { first_match_cpu<I>(x.data<T>(), y.data<T>(), dy.data<T>(), dx.data<T>(), sizes); },
            [=](auto& stream) {
              first_match_cuda(x.data<T>(), y.data<T>(), dy.data<T>(), dx.data<T>(), sizes, stream);
            });
      });
      return {dx};
    });
  });
}

Tensor truth(const char* op, Reduction reduction, const Tensor& x, const Axes& axis, bool keepdims) {
  const ReducedAxes axes(op, x.shape(), axis);
  const Tensor y = over_runs(cast(x, DType::boolean), axes, keepdims,
                             [&](const Tensor& part, ReduceSizes sizes, const Shape& shape) {
                               return reduced(op, reduction, part, sizes, shape, 1.0);
                             });
  return axes.count(x.shape()) == 0 ? not_equal(y, scalar(0, DType::boolean, y.device())) : y;
}

Tensor position(const char* op, Reduction reduction, const Tensor& x, std::optional<int64_t> axis) {
  ReduceSizes sizes{1, x.size(), 1};
  Shape shape;
  if (axis) {
    const int at = checked_axis(op, *axis, x.rank());
    sizes = {x.shape().size_between(0, at), x.shape()[at], x.shape().size_between(at + 1, x.rank())};
    shape = x.shape().without(at);
  }
  if (sizes.n == 0 && sizes.outer * sizes.inner > 0)
    fail<ShapeError>(op, "x of shape ", x.shape(), " has no elements to choose from");
  Tensor y = empty(shape, DType::int64, x.device());
  const auto run = [&]<class T>() {
    launch(
        x.device(), [=]<Isa I>() { arg_reduce_cpu<I>(reduction, x.data<T>(), y.data<int64_t>(), sizes); },
        [=](auto& stream) { arg_reduce_cuda(reduction, x.data<T>(), y.data<int64_t>(), sizes, stream); });
  };
  if (y.size() == 0) return y;
  if (x.dtype() == DType::boolean || x.dtype() == DType::uint8)
    run.operator()<uint8_t>();
  else
    visit_numeric(x.dtype(), op, run);
  return y;
}

Tensor spread(const char* op, const Tensor& x, const Axes& axis, bool keepdims, int64_t ddof) {
  const Tensor values = is_floating(x.dtype()) ? x : cast(x, DType::float32);
  const int64_t n = ReducedAxes(op, x.shape(), axis).count(x.shape());
  if (ddof < 0 || n <= ddof)
    fail<ArgumentError>(op, "needs 0 <= ddof < number of elements, got ddof ", ddof, " for ", n, " elements");
  // The mean is the point of least squares: its own gradient is 0, so it need not be recorded.
  const Tensor distance = subtract(values, mean(detached(values), axis, true));
  const Tensor biased = mean(unary<Square>(distance), axis, keepdims);
  return ddof == 0 ? biased : multiply(biased, static_cast<double>(n) / static_cast<double>(n - ddof));
}

}  // namespace

Tensor sum(const Tensor& x, const Axes& axis, bool keepdims) {
  return scaled_sum("sum", is_floating(x.dtype()) ? x : cast(x, DType::int64), axis, keepdims, false);
}

Tensor mean(const Tensor& x, const Axes& axis, bool keepdims) {
  return scaled_sum("mean", is_floating(x.dtype()) ? x : cast(x, DType::float32), axis, keepdims, true);
}

Tensor product(const Tensor& x, const Axes& axis, bool keepdims) {
  const Tensor factors = is_floating(x.dtype()) ? x : cast(x, DType::int64);
  const ReducedAxes axes("prod", x.shape(), axis);
  return over_runs(factors, axes, keepdims, [&](const Tensor& part, ReduceSizes sizes, const Shape& shape) {
    return record(
        "prod", {part}, reduced("prod", Reduction::product, part, sizes, shape, 1.0),
        [sizes, x = part](const Tensor& dy) -> Gradients {
          Tensor dx = empty_like(x);
          visit_floating(dy.dtype(), "prod", [&]<class T>() {
            launch(
                dy.device(),
                [=]<Isa I>() { product_grad_cpu<I>(x.data<T>(), dy.data<T>(), dx.data<T>(), sizes); },
                [=](auto& stream) {
                  product_grad_cuda(x.data<T>(), dy.data<T>(), dx.data<T>(), sizes, stream);
                });
          });
          return {dx};
        });
  });
}

Tensor largest(const Tensor& x, const Axes& axis, bool keepdims) {
  return extreme("max", Reduction::largest, x, axis, keepdims);
}
Tensor smallest(const Tensor& x, const Axes& axis, bool keepdims) {
  return extreme("min", Reduction::smallest, x, axis, keepdims);
}

Tensor any(const Tensor& x, const Axes& axis, bool keepdims) {
  return truth("any", Reduction::largest, x, axis, keepdims);
}
Tensor all(const Tensor& x, const Axes& axis, bool keepdims) {
  return truth("all", Reduction::smallest, x, axis, keepdims);
}

Tensor variance(const Tensor& x, const Axes& axis, bool keepdims, int64_t ddof) {
  return spread("var", x, axis, keepdims, ddof);
}

Tensor standard_deviation(const Tensor& x, const Axes& axis, bool keepdims, int64_t ddof) {
  return unary<Sqrt>(spread("std", x, axis, keepdims, ddof));
}

Tensor logsumexp(const Tensor& x, const Axes& axis, bool keepdims) {
  if (!is_floating(x.dtype())) fail<DTypeError>("logsumexp", "needs float32 or float64, got ", x.dtype());
  const Tensor top = extreme("logsumexp", Reduction::largest, detached(x), axis, true);
  const Tensor shift = where(isfinite(top), top, scalar(0, x.dtype(), x.device()));
  const Tensor total = unary<Log>(sum(unary<Exp>(subtract(x, shift)), axis, keepdims));
  return add(total, viewed(shift, total.shape()));
}

Tensor argmax(const Tensor& x, std::optional<int64_t> axis) {
  return position("argmax", Reduction::largest, x, axis);
}
Tensor argmin(const Tensor& x, std::optional<int64_t> axis) {
  return position("argmin", Reduction::smallest, x, axis);
}

}  // namespace afina
