#include "ops/conv/depthwise_conv2d.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/linear/closing.h"

namespace afina {

template <Isa, class T>
void depthwise_conv2d_cpu(const T* x, const T* kernel, const T* bias, bool relu, T* y, int64_t images,
                          int64_t channels, const Window& window);
template <class T>
void depthwise_conv2d_cuda(const T* x, const T* kernel, const T* bias, bool relu, T* y, int64_t images,
                           int64_t channels, const Window& window, Stream& stream);
template <Isa, class T>
void depthwise_conv2d_input_grad_cpu(const T* dz, const T* kernel, T* dx, int64_t images, int64_t channels,
                                     const Window& window);
template <class T>
void depthwise_conv2d_input_grad_cuda(const T* dz, const T* kernel, T* dx, int64_t images, int64_t channels,
                                      const Window& window, Stream& stream);
template <Isa, class T>
void depthwise_conv2d_kernel_grad_cpu(const T* x, const T* dz, T* dkernel, int64_t images, int64_t channels,
                                      const Window& window);
template <class T>
void depthwise_conv2d_kernel_grad_cuda(const T* x, const T* dz, T* dkernel, int64_t images, int64_t channels,
                                       const Window& window, Stream& stream);
template <Isa, class T>
void depthwise_conv2d_grads_cpu(const T* x, const T* dz, const T* kernel, T* dx, T* dkernel, int64_t images,
                                int64_t channels, const Window& window);  // both in one walk
template <Isa, class T>
void repeat_channels_cpu(const T* x, T* wide, int64_t size, int64_t times);
template <class T>
void repeat_channels_cuda(const T* x, T* wide, int64_t size, int64_t times, Stream& stream);
template <Isa, class T>
void add_channels_cpu(const T* wide, T* x, int64_t size, int64_t times);
template <class T>
void add_channels_cuda(const T* wide, T* x, int64_t size, int64_t times, Stream& stream);

namespace {

// The kernels know one kernel a channel; for a multiplier every channel of x is written that many times, and
// the copies' gradients are added.
Tensor repeated(const Tensor& x, int64_t times) {
  if (times == 1) return x;
  Tensor wide = empty(x.shape().with(3, x.dim(3) * times), x.dtype(), x.device());
  visit_floating(x.dtype(), "depthwise_conv2d", [&]<class T>() {
    launch(
        x.device(), [=]<Isa I>() { repeat_channels_cpu<I>(x.data<T>(), wide.data<T>(), x.size(), times); },
        [=](auto& stream) { repeat_channels_cuda(x.data<T>(), wide.data<T>(), x.size(), times, stream); });
  });
  return wide;
}

Tensor added(const Tensor& wide, int64_t times) {
  if (times == 1) return wide;
  Tensor x = empty(wide.shape().with(3, wide.dim(3) / times), wide.dtype(), wide.device());
  visit_floating(x.dtype(), "depthwise_conv2d", [&]<class T>() {
    launch(
        x.device(), [=]<Isa I>() { add_channels_cpu<I>(wide.data<T>(), x.data<T>(), x.size(), times); },
        [=](auto& stream) { add_channels_cuda(wide.data<T>(), x.data<T>(), x.size(), times, stream); });
  });
  return x;
}

void check(const Tensor& x, const Tensor& kernel) {
  if (kernel.rank() != 4 || kernel.size() == 0)
    fail<ShapeError>("depthwise_conv2d",
                     "kernel needs shape (rows, columns, channels, multiplier) without a zero, got ",
                     kernel.shape());
  if (x.rank() == 4 && x.dim(3) != kernel.dim(2))
    fail<ShapeError>("depthwise_conv2d", "x has ", x.dim(3), " channels, but the kernel of shape ",
                     kernel.shape(), " needs ", kernel.dim(2));
  if (x.dtype() != kernel.dtype())
    fail<DTypeError>("depthwise_conv2d", "x is ", x.dtype(), " but kernel is ", kernel.dtype());
  if (!is_floating(x.dtype()))
    fail<DTypeError>("depthwise_conv2d", "x needs float32 or float64, got ", x.dtype());
}

}  // namespace

Tensor depthwise_conv2d(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias,
                        const Pair& strides, const Padding& padding, const Pair& dilation,
                        const std::string& activation) {
  const FusedActivation closing = fused_activation_named("depthwise_conv2d", activation);
  check(x, kernel);
  const Window window =
      window_over("depthwise_conv2d", x, {kernel.dim(0), kernel.dim(1)}, strides, padding, dilation);
  const int64_t images = x.dim(0), multiplier = kernel.dim(3), channels = kernel.dim(2) * multiplier;
  check_bias("depthwise_conv2d", x, bias, channels);
  const Tensor offset = bias.value_or(Tensor{});

  const Tensor z =
      empty({images, window.rows.output, window.columns.output, channels}, x.dtype(), x.device());
  visit_floating(x.dtype(), "depthwise_conv2d", [&, wide = repeated(x, multiplier)]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          depthwise_conv2d_cpu<I>(wide.data<T>(), kernel.data<T>(), offset.data_or_null<T>(),
                                  in_registers(closing) && !closing.is_identity(), z.data<T>(), images,
                                  channels, window);
        },
        [=](auto& stream) {
          depthwise_conv2d_cuda(wide.data<T>(), kernel.data<T>(), offset.data_or_null<T>(),
                                in_registers(closing) && !closing.is_identity(), z.data<T>(), images,
                                channels, window, stream);
        });
  });
  const auto [y, kept] = closed(closing, z);

  return record(
      "depthwise_conv2d", {x, kernel, offset}, y,
      [x = x, kernel = kernel, kept = kept, closing, window, images, multiplier, channels](
          const Tensor& dy, Needs needs) -> Gradients {
        const auto [dz, dbias] = closing_grad(closing, kept, dy, needs[2]);
        const Tensor wide = needs[1] ? repeated(x, multiplier) : Tensor();
        const Tensor dkernel = needs[1] ? empty_like(kernel) : Tensor();
        const Tensor dwide = needs[0] ? empty(x.shape().with(3, channels), x.dtype(), x.device()) : Tensor();
        visit_floating(dy.dtype(), "depthwise_conv2d", [&, &dz = dz]<class T>() {
          launch(
              dy.device(),
              [=]<Isa I>() {
                if (dwide.defined() && dkernel.defined())
                  depthwise_conv2d_grads_cpu<I>(wide.data<T>(), dz.template data<T>(), kernel.data<T>(),
                                                dwide.data<T>(), dkernel.data<T>(), images, channels, window);
                else if (dwide.defined())
                  depthwise_conv2d_input_grad_cpu<I>(dz.template data<T>(), kernel.data<T>(), dwide.data<T>(),
                                                     images, channels, window);
                else if (dkernel.defined())
                  depthwise_conv2d_kernel_grad_cpu<I>(wide.data<T>(), dz.template data<T>(),
                                                      dkernel.data<T>(), images, channels, window);
              },
              [=](auto& stream) {
                if (dwide.defined())
                  depthwise_conv2d_input_grad_cuda(dz.template data<T>(), kernel.data<T>(), dwide.data<T>(),
                                                   images, channels, window, stream);
                if (dkernel.defined())
                  depthwise_conv2d_kernel_grad_cuda(wide.data<T>(), dz.template data<T>(), dkernel.data<T>(),
                                                    images, channels, window, stream);
              });
        });
        return {dwide.defined() ? added(dwide, multiplier) : Tensor(), dkernel, dbias};
      });
}

}  // namespace afina
