#include "ops/norm/softmax.h"

#include "core/launch.h"
#include "core/node.h"

namespace afina {

// x is (outer, n, inner), the sums run over n.
template <Isa, class T>
void softmax_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner);
template <class T>
void softmax_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream);
template <Isa, class T>
void softmax_grad_cpu(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner);
template <class T>
void softmax_grad_cuda(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner,
                       Stream& stream);
template <Isa, class T>
void log_softmax_cpu(const T* x, T* y, int64_t outer, int64_t n, int64_t inner);
template <class T>
void log_softmax_cuda(const T* x, T* y, int64_t outer, int64_t n, int64_t inner, Stream& stream);
template <Isa, class T>
void log_softmax_grad_cpu(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner);
template <class T>
void log_softmax_grad_cuda(const T* y, const T* dy, T* dx, int64_t outer, int64_t n, int64_t inner,
                           Stream& stream);

namespace {

struct SizesAround {
  int64_t outer, n, inner;
};

SizesAround sizes_around(const char* op, const Tensor& x, int64_t axis) {
  const int at = checked_axis(op, axis, x.rank());
  return {x.shape().size_between(0, at), x.shape()[at], x.shape().size_between(at + 1, x.rank())};
}

}  // namespace

Tensor softmax(const Tensor& x, int64_t axis) {
  const auto [outer, n, inner] = sizes_around("softmax", x, axis);
  return visit_floating(x.dtype(), "softmax", [&, outer = outer, n = n, inner = inner]<class T>() {
    Tensor y = empty_like(x);
    launch(
        x.device(), [=]<Isa I>() { softmax_cpu<I>(x.data<T>(), y.data<T>(), outer, n, inner); },
        [=](auto& stream) { softmax_cuda(x.data<T>(), y.data<T>(), outer, n, inner, stream); });
    return record("softmax", {x}, y, [=, y = detached(y)](const Tensor& dy) -> Gradients {
      Tensor dx = empty_like(y);
      launch(
          y.device(),
          [=]<Isa I>() { softmax_grad_cpu<I>(y.data<T>(), dy.data<T>(), dx.data<T>(), outer, n, inner); },
          [=](auto& stream) {
            softmax_grad_cuda(y.data<T>(), dy.data<T>(), dx.data<T>(), outer, n, inner, stream);
          });
      return {dx};
    });
  });
}

Tensor log_softmax(const Tensor& x, int64_t axis) {
  const auto [outer, n, inner] = sizes_around("log_softmax", x, axis);
  return visit_floating(x.dtype(), "log_softmax", [&, outer = outer, n = n, inner = inner]<class T>() {
    Tensor y = empty_like(x);
    launch(
        x.device(), [=]<Isa I>() { log_softmax_cpu<I>(x.data<T>(), y.data<T>(), outer, n, inner); },
        [=](auto& stream) { log_softmax_cuda(x.data<T>(), y.data<T>(), outer, n, inner, stream); });
    return record("log_softmax", {x}, y, [=, y = detached(y)](const Tensor& dy) -> Gradients {
      Tensor dx = empty_like(y);
      launch(
          y.device(),
          [=]<Isa I>() { log_softmax_grad_cpu<I>(y.data<T>(), dy.data<T>(), dx.data<T>(), outer, n, inner); },
          [=](auto& stream) {
            log_softmax_grad_cuda(y.data<T>(), dy.data<T>(), dx.data<T>(), outer, n, inner, stream);
          });
      return {dx};
    });
  });
}

}  // namespace afina
