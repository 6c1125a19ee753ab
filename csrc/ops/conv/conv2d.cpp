#include "ops/conv/conv2d.h"

#include <algorithm>

#include "core/launch.h"
#include "core/node.h"
#include "ops/conv/conv2d_kernels.h"
#include "ops/linear/closing.h"

namespace afina {

namespace {

// Rows of the padded image are gathered in memory of the thread; a window that needs more than this is a
// mistake.
constexpr int64_t kMostRowBytes = int64_t{1} << 28;

}  // namespace

void check_span(const char* op, const ConvSizes& c) {
  const int64_t rows = (c.kh() - 1) * c.window.rows.dilation + 1;
  const int64_t columns = std::max((c.out_w() - 1) * c.window.columns.stride, c.width()) +
                          (c.kw() - 1) * c.window.columns.dilation + 1;
  const int64_t channels = std::max(c.channels, c.filters);
  const double bytes =
      8.0 * static_cast<double>(channels) * static_cast<double>(rows) * static_cast<double>(columns);
  if (bytes > static_cast<double>(kMostRowBytes))
    fail<ArgumentError>(op, "one row of windows covers ", rows, " rows of ", columns, " padded columns of ",
                        channels, " channels: more than ", kMostRowBytes, " bytes");
}

Tensor conv2d(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias, const Pair& strides,
              const Padding& padding, const Pair& dilation, int64_t groups, const std::string& activation) {
  const FusedActivation closing = fused_activation_named("conv2d", activation);
  if (kernel.rank() != 4 || kernel.size() == 0)
    fail<ShapeError>("conv2d",
                     "kernel needs shape (kh, kw, channels / groups, filters), all at least 1, got ",
                     kernel.shape());
  const Window window = window_over("conv2d", x, {kernel.dim(0), kernel.dim(1)}, strides, padding, dilation);
  const ConvSizes sizes{window, x.dim(0), x.dim(3), kernel.dim(3), groups};
  if (!is_floating(x.dtype())) fail<DTypeError>("conv2d", "x needs float32 or float64, got ", x.dtype());
  if (x.dtype() != kernel.dtype())
    fail<DTypeError>("conv2d", "x is ", x.dtype(), " but kernel is ", kernel.dtype());
  if (groups < 1 || sizes.channels % groups != 0 || sizes.filters % groups != 0)
    fail<ArgumentError>("conv2d", "groups must be at least 1 and divide the channels, ", sizes.channels,
                        ", and the filters, ", sizes.filters, "; got ", groups);
  if (kernel.dim(2) != sizes.channels / groups)
    fail<ShapeError>("conv2d", "x has ", sizes.channels, " channels in ", groups, " groups: kernel needs ",
                     sizes.channels / groups, " channels, got shape ", kernel.shape());
  check_bias("conv2d", x, bias, sizes.filters);
  check_span("conv2d", sizes);
  const Tensor offset = bias.value_or(Tensor{});

  const Tensor z = empty({sizes.batch, sizes.out_h(), sizes.out_w(), sizes.filters}, x.dtype(), x.device());
  visit_floating(x.dtype(), "conv2d", [&]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          conv2d_cpu<I>(sizes, x.data<T>(), kernel.data<T>(), offset.data_or_null<T>(),
                        in_registers(closing) && !closing.is_identity(), z.data<T>());
        },
        [=](auto& stream) {
          conv2d_cuda(sizes, x.data<T>(), kernel.data<T>(), offset.data_or_null<T>(),
                      in_registers(closing) && !closing.is_identity(), z.data<T>(), stream);
        });
  });
  const Closed result = closed(closing, z);

  return record("conv2d", {x, kernel, offset}, result.y,
                [x = x, kernel = kernel, kept = result.kept, closing, sizes](const Tensor& dy,
                                                                             Needs needs) -> Gradients {
                  const auto [dz, dbias] = closing_grad(closing, kept, dy, needs[2]);
                  const Tensor dx = needs[0] ? empty_like(x) : Tensor();
                  const Tensor dkernel = needs[1] ? empty_like(kernel) : Tensor();
                  visit_floating(dy.dtype(), "conv2d", [&, &dz = dz]<class T>() {
                    launch(
                        dy.device(),
                        [=]<Isa I>() {
                          conv2d_grad_cpu<I>(sizes, x.data<T>(), dz.data<T>(), kernel.data<T>(),
                                             dx.data_or_null<T>(), dkernel.data_or_null<T>());
                        },
                        [=](auto& stream) {
                          if (dx.defined())
                            conv2d_input_grad_cuda<T>(sizes, dz.data<T>(), kernel.data<T>(), nullptr, false,
                                                      dx.data<T>(), stream);
                          if (dkernel.defined())
                            conv2d_kernel_grad_cuda(sizes, x.data<T>(), dz.data<T>(), dkernel.data<T>(),
                                                    stream);
                        });
                  });
                  return {dx, dkernel, dbias};
                });
}

}  // namespace afina
