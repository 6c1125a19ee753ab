#include "ops/reduce/cumulative.h"

#include "core/axes.h"
#include "core/launch.h"
#include "core/node.h"

namespace afina {

// x and y are (outer, n, inner); the sums run over n, from its end when `backwards`.
template <Isa, class T>
void cumulative_sum_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, bool backwards);
template <Isa, class T>
void cumulative_product_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner);
template <Isa, class T>
void cumulative_product_grad_cpu(const T* x, const T* y, const T* dy, T* dx, int64_t outer, int64_t n,
                                 int64_t inner);
template <class T>
void cumulative_sum_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, bool backwards,
                         Stream& stream);
template <class T>
void cumulative_product_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream);
template <class T>
void cumulative_product_grad_cuda(const T* x, const T* y, const T* dy, T* dx, int64_t outer, int64_t n,
                                  int64_t inner, Stream& stream);

namespace {

template <class T>
void run_sums(const Tensor& x, const Tensor& y, const AxisSplit& s, bool backwards) {
  launch(
      x.device(),
      [=]<Isa I>() { cumulative_sum_cpu<I>(x.data<T>(), y.data<T>(), s.outer, s.n, s.inner, backwards); },
      [=](auto& stream) {
        cumulative_sum_cuda(x.data<T>(), y.data<T>(), s.outer, s.n, s.inner, backwards, stream);
      });
}

}  // namespace

Tensor cumulative_sum(const Tensor& x, int64_t axis) {
  const AxisSplit split(x.shape(), checked_axis("cumsum", axis, x.rank()));
  return visit_numeric(x.dtype(), "cumsum", [&]<class T>() {
    const Tensor y = empty_like(x);
    run_sums<T>(x, y, split, false);
    return record("cumsum", {x}, y, [split](const Tensor& dy) -> Gradients {
      const Tensor dx = empty_like(dy);
      visit_floating(dy.dtype(), "cumsum", [&]<class D>() { run_sums<D>(dy, dx, split, true); });
      return {dx};
    });
  });
}

Tensor cumulative_product(const Tensor& x, int64_t axis) {
  const AxisSplit split(x.shape(), checked_axis("cumprod", axis, x.rank()));
  return visit_numeric(x.dtype(), "cumprod", [&]<class T>() {
    const Tensor y = empty_like(x);
    launch(
        x.device(),
        [=]<Isa I>() {
          cumulative_product_cpu<I>(x.data<T>(), y.data<T>(), split.outer, split.n, split.inner);
        },
        [=](auto& stream) {
          cumulative_product_cuda(x.data<T>(), y.data<T>(), split.outer, split.n, split.inner, stream);
        });
    return record("cumprod", {x}, y, [split, x = x, y = detached(y)](const Tensor& dy) -> Gradients {
      const Tensor dx = empty_like(dy);
      visit_floating(dy.dtype(), "cumprod", [&]<class D>() {
        launch(
            dy.device(),
            [=]<Isa I>() {
              cumulative_product_grad_cpu<I>(x.data<D>(), y.data<D>(), dy.data<D>(), dx.data<D>(),
                                             split.outer, split.n, split.inner);
            },
            [=](auto& stream) {
              cumulative_product_grad_cuda(x.data<D>(), y.data<D>(), dy.data<D>(), dx.data<D>(), split.outer,
                                           split.n, split.inner, stream);
            });
      });
      return {dx};
    });
  });
}

}  // namespace afina
