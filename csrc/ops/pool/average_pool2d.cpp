#include "ops/pool/average_pool2d.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/pool/pool_window.h"

namespace afina {

template <Isa, class T>
void average_pool2d_cpu(const T* x, T* y, int64_t images, int64_t channels, const Window& window);
template <class T>
void average_pool2d_cuda(const T* x, T* y, int64_t images, int64_t channels, const Window& window,
                         Stream& stream);
template <Isa, class T>
void average_pool2d_grad_cpu(const T* dy, T* dx, int64_t images, int64_t channels, const Window& window);
template <class T>
void average_pool2d_grad_cuda(const T* dy, T* dx, int64_t images, int64_t channels, const Window& window,
                              Stream& stream);

Tensor average_pool2d(const Tensor& x, const Pair& pool_size, const std::optional<Pair>& strides,
                      const Padding& padding) {
  const Window window = pool_window("average_pool2d", x, pool_size, strides, padding);

  const int64_t images = x.dim(0), channels = x.dim(3);
  Tensor y = empty({images, window.rows.output, window.columns.output, channels}, x.dtype(), x.device());
  visit_floating(x.dtype(), "average_pool2d", [&]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() { average_pool2d_cpu<I>(x.data<T>(), y.data<T>(), images, channels, window); },
        [=](auto& stream) {
          average_pool2d_cuda(x.data<T>(), y.data<T>(), images, channels, window, stream);
        });
  });

  return record("average_pool2d", {x}, y, [window, images, channels](const Tensor& dy) -> Gradients {
    Tensor dx = empty({images, window.rows.input, window.columns.input, channels}, dy.dtype(), dy.device());
    visit_floating(dy.dtype(), "average_pool2d", [&]<class T>() {
      launch(
          dy.device(),
          [=]<Isa I>() { average_pool2d_grad_cpu<I>(dy.data<T>(), dx.data<T>(), images, channels, window); },
          [=](auto& stream) {
            average_pool2d_grad_cuda(dy.data<T>(), dx.data<T>(), images, channels, window, stream);
          });
    });
    return {dx};
  });
}

}  // namespace afina
