#include "ops/elementwise/unary.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/elementwise/unary_kernels.h"

namespace afina {

Tensor apply(const UnaryFunction& f, const Tensor& x) {
  if (!is_floating(x.dtype()) && !(f.integers && (x.dtype() == DType::int32 || x.dtype() == DType::int64)))
    fail<DTypeError>(f.name, "needs float32", f.integers ? ", float64, int32 or int64" : " or float64",
                     ", got ", x.dtype(), "; cast x first");
  Tensor y = empty_like(x);
  visit_numeric(x.dtype(), f.name, [&]<class T>() {
    launch(
        x.device(), [=]<Isa I>() { unary_cpu<I>(f.position, f.state, x.data<T>(), y.data<T>(), x.size()); },
        [=](auto& stream) { unary_cuda(f.position, f.state, x.data<T>(), y.data<T>(), x.size(), stream); });
  });
  if (!f.differentiable || !recording() || !x.requires_grad()) return y;
  const Tensor kept_x = f.saves == Saves::input || f.saves == Saves::both ? x : Tensor();
  const Tensor kept_y = f.saves == Saves::output || f.saves == Saves::both ? detached(y) : Tensor();
  return record(f.name, {x}, y, [f, kept_x, kept_y](const Tensor& dy) -> Gradients {
    return {apply_slope(f, kept_x, kept_y, dy)};
  });
}

Tensor apply_slope(const UnaryFunction& f, const Tensor& x, const Tensor& y, const Tensor& dy) {
  Tensor dx = empty_like(dy);
  visit_floating(dy.dtype(), f.name, [&]<class T>() {
    launch(
        dy.device(),
        [=]<Isa I>() {
          unary_grad_cpu<I>(f.position, f.state, x.data_or_null<T>(), y.data_or_null<T>(), dy.data<T>(),
                            dx.data<T>(), dy.size());
        },
        [=](auto& stream) {
          unary_grad_cuda(f.position, f.state, x.data_or_null<T>(), y.data_or_null<T>(), dy.data<T>(),
                          dx.data<T>(), dy.size(), stream);
        });
  });
  return dx;
}

// The slopes are taken from the output, whose sign must be the input's.
Tensor leaky_relu(const Tensor& x, double negative_slope) {
  if (!(negative_slope >= 0))
    fail<ArgumentError>("leaky_relu", "negative_slope must be at least 0, got ", negative_slope);
  LeakyRelu f;
  f.negative_slope = negative_slope;
  return unary(x, f);
}

Tensor elu(const Tensor& x, double alpha) {
  if (!(alpha >= 0)) fail<ArgumentError>("elu", "alpha must be at least 0, got ", alpha);
  Elu f;
  f.alpha = alpha;
  return unary(x, f);
}

Tensor gelu(const Tensor& x, bool approximate) { return approximate ? unary<GeluTanh>(x) : unary<Gelu>(x); }

Tensor clip(const Tensor& x, double low, double high) {
  if (!(low <= high)) fail<ArgumentError>("clip", "min must not exceed max, got ", low, " and ", high);
  Clip f;
  f.low = low;
  f.high = high;
  return unary(x, f);
}

}  // namespace afina
