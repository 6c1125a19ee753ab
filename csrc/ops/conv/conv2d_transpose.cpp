#include "ops/conv/conv2d_transpose.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/conv/conv2d_kernels.h"
#include "ops/linear/closing.h"

namespace afina {

Tensor conv2d_transpose(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias,
                        const Pair& strides, const Padding& padding,
                        const std::optional<std::vector<int64_t>>& output_padding, const Pair& dilation,
                        const std::string& activation) {
  constexpr const char* kName = "conv2d_transpose";
  const FusedActivation closing = fused_activation_named(kName, activation);
  if (kernel.rank() != 4 || kernel.size() == 0)
    fail<ShapeError>(kName, "kernel needs shape (kh, kw, filters, channels), all at least 1, got ",
                     kernel.shape());
  const Window window =
      window_under(kName, x, {kernel.dim(0), kernel.dim(1)}, strides, padding, output_padding, dilation);
  // The convolution that is undone goes from y to x: what it calls channels are the filters here.
  const ConvSizes sizes{window, x.dim(0), kernel.dim(2), kernel.dim(3), 1};
  if (!is_floating(x.dtype())) fail<DTypeError>(kName, "x needs float32 or float64, got ", x.dtype());
  if (x.dtype() != kernel.dtype())
    fail<DTypeError>(kName, "x is ", x.dtype(), " but kernel is ", kernel.dtype());
  if (x.dim(3) != kernel.dim(3))
    fail<ShapeError>(kName, "x has ", x.dim(3),
                     " channels: kernel needs as many on its last axis, got shape ", kernel.shape());
  check_bias(kName, x, bias, kernel.dim(2));
  check_span(kName, sizes);
  const Tensor offset = bias.value_or(Tensor{});

  const Tensor z = empty({sizes.batch, sizes.height(), sizes.width(), sizes.channels}, x.dtype(), x.device());
  visit_floating(x.dtype(), kName, [&]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          conv2d_input_grad_cpu<I>(sizes, x.data<T>(), kernel.data<T>(), offset.data_or_null<T>(),
                                   in_registers(closing) && !closing.is_identity(), z.data<T>());
        },
        [=](auto& stream) {
          conv2d_input_grad_cuda(sizes, x.data<T>(), kernel.data<T>(), offset.data_or_null<T>(),
                                 in_registers(closing) && !closing.is_identity(), z.data<T>(), stream);
        });
  });
  const Closed result = closed(closing, z);

  return record(kName, {x, kernel, offset}, result.y,
                [x = x, kernel = kernel, kept = result.kept, closing, sizes](const Tensor& dy,
                                                                             Needs needs) -> Gradients {
                  const auto [dz, dbias] = closing_grad(closing, kept, dy, needs[2]);
                  const Tensor dx = needs[0] ? empty_like(x) : Tensor();
                  const Tensor dkernel = needs[1] ? empty_like(kernel) : Tensor();
                  visit_floating(dy.dtype(), kName, [&, &dz = dz]<class T>() {
                    launch(
                        dy.device(),
                        [=]<Isa I>() {
                          if (dx.defined())
                            conv2d_cpu<I, T>(sizes, dz.template data<T>(), kernel.data<T>(), nullptr, false,
                                             dx.data<T>());
                          if (dkernel.defined())
                            conv2d_kernel_grad_cpu<I, T>(sizes, dz.template data<T>(), x.data<T>(),
                                                         dkernel.data<T>());
                        },
                        [=](auto& stream) {
                          if (dx.defined())
                            conv2d_cuda<T>(sizes, dz.template data<T>(), kernel.data<T>(), nullptr, false,
                                           dx.data<T>(), stream);
                          if (dkernel.defined())
                            conv2d_kernel_grad_cuda<T>(sizes, dz.template data<T>(), x.data<T>(),
                                                       dkernel.data<T>(), stream);
                        });
                  });
                  return {dx, dkernel, dbias};
                });
}

}  // namespace afina
