#include "ops/pool/max_pool2d.h"

#include <limits>

#include "core/launch.h"
#include "core/node.h"
#include "ops/pool/pool_window.h"

namespace afina {

template <Isa, class T, class Tap>
void max_pool2d_cpu(const T* x, T* y, Tap* winners, int64_t images, int64_t channels, const Window& window);
template <class T, class Tap>
void max_pool2d_cuda(const T* x, T* y, Tap* winners, int64_t images, int64_t channels, const Window& window,
                     Stream& stream);
template <Isa, class T, class Tap>
void max_pool2d_grad_cpu(const Tap* winners, const T* dy, T* dx, int64_t images, int64_t channels,
                         const Window& window);
template <class T, class Tap>
void max_pool2d_grad_cuda(const Tap* winners, const T* dy, T* dx, int64_t images, int64_t channels,
                          const Window& window, Stream& stream);

namespace {

constexpr int64_t kTapsInAByte = 256;

template <class F>
void visit_tap(DType dtype, F&& f) {
  if (dtype == DType::uint8)
    f.template operator()<uint8_t>();
  else
    f.template operator()<int32_t>();
}

}  // namespace

Tensor max_pool2d(const Tensor& x, const Pair& pool_size, const std::optional<Pair>& strides,
                  const Padding& padding) {
  const Window window = pool_window("max_pool2d", x, pool_size, strides, padding);
  const int64_t taps = window.rows.kernel * window.columns.kernel;
  if (taps > std::numeric_limits<int32_t>::max())
    fail<ArgumentError>("max_pool2d", "pool_size covers ", taps, " values, at most ",
                        std::numeric_limits<int32_t>::max(), " are possible");

  const int64_t images = x.dim(0), channels = x.dim(3);
  const Shape shape{images, window.rows.output, window.columns.output, channels};
  const DType tap_dtype = taps <= kTapsInAByte ? DType::uint8 : DType::int32;
  Tensor y = empty(shape, x.dtype(), x.device()), winners;
  if (recording() && x.requires_grad()) winners = empty(shape, tap_dtype, x.device());
  visit_floating(x.dtype(), "max_pool2d", [&]<class T>() {
    visit_tap(tap_dtype, [&]<class Tap>() {
      launch(
          x.device(),
          [=]<Isa I>() {
            max_pool2d_cpu<I>(x.data<T>(), y.data<T>(), winners.data_or_null<Tap>(), images, channels,
                              window);
          },
          [=](auto& stream) {
            max_pool2d_cuda(x.data<T>(), y.data<T>(), winners.data_or_null<Tap>(), images, channels, window,
                            stream);
          });
    });
  });

  return record("max_pool2d", {x}, y, [winners, window, images, channels](const Tensor& dy) -> Gradients {
    Tensor dx = empty({images, window.rows.input, window.columns.input, channels}, dy.dtype(), dy.device());
    visit_floating(dy.dtype(), "max_pool2d", [&]<class T>() {
      visit_tap(winners.dtype(), [&]<class Tap>() {
        launch(
            dy.device(),
            [=]<Isa I>() {
              max_pool2d_grad_cpu<I>(winners.data<Tap>(), dy.data<T>(), dx.data<T>(), images, channels,
                                     window);
            },
            [=](auto& stream) {
              max_pool2d_grad_cuda(winners.data<Tap>(), dy.data<T>(), dx.data<T>(), images, channels, window,
                                   stream);
            });
      });
    });
    return {dx};
  });
}

}  // namespace afina
