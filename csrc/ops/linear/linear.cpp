#include "ops/linear/linear.h"

#include "core/launch.h"
#include "core/node.h"
#include "cpu/gemm/gemm.h"
#include "cpu/gemm/gradients.h"
#include "cuda/gemm/gemm.h"
#include "ops/linear/closing.h"

namespace afina {
namespace {

template <class T>
Gemm<T> product(int64_t m, int64_t n, int64_t k, const Tensor& a, bool transpose_a, const Tensor& b,
                bool transpose_b, const Tensor& c) {
  return {m,
          n,
          k,
          a.data<T>(),
          transpose_a ? m : k,
          transpose_a,
          b.data<T>(),
          transpose_b ? k : n,
          transpose_b,
          c.data<T>(),
          n,
          false,
          nullptr,
          false,
          rounds_products()};
}

}  // namespace

Tensor linear(const Tensor& x, const Tensor& kernel, const std::optional<Tensor>& bias,
              const std::string& activation) {
  const FusedActivation closing = fused_activation_named("linear", activation);
  if (kernel.rank() != 2)
    fail<ShapeError>("linear", "kernel needs shape (inputs, units), got ", kernel.shape());
  if (x.rank() == 0 || x.dim(-1) != kernel.dim(0))
    fail<ShapeError>("linear", "x has shape ", x.shape(), ", but the kernel of shape ", kernel.shape(),
                     " needs a last axis of ", kernel.dim(0));
  if (x.dtype() != kernel.dtype())
    fail<DTypeError>("linear", "x is ", x.dtype(), " but kernel is ", kernel.dtype());
  if (!is_floating(x.dtype())) fail<DTypeError>("linear", "x needs float32 or float64, got ", x.dtype());
  check_bias("linear", x, bias, kernel.dim(1));
  const Tensor offset = bias.value_or(Tensor{});

  const int64_t rows = x.shape().size_between(0, x.rank() - 1), n = kernel.dim(0), m = kernel.dim(1);
  const Tensor z = empty(x.shape().with(x.rank() - 1, m), x.dtype(), x.device());
  visit_floating(x.dtype(), "linear", [&]<class T>() {
    const auto work = [=] {
      Gemm<T> g = product<T>(rows, m, n, x, false, kernel, false, z);
      g.bias = offset.data_or_null<T>();
      g.relu = in_registers(closing) && !closing.is_identity();
      return g;
    };
    launch(
        x.device(), [=]<Isa I>() { gemm_cpu<I>(work()); },
        [=](auto& stream) { gemm_cuda("linear", work(), stream); });
  });
  const Closed result = closed(closing, z);

  return record(
      "linear", {x, kernel, offset}, result.y,
      [x = x, kernel = kernel, kept = result.kept, closing, rows, n, m](const Tensor& dy,
                                                                        Needs needs) -> Gradients {
        const auto [dz, dbias] = closing_grad(closing, kept, dy, needs[2]);
        const Tensor dx = needs[0] ? empty_like(x) : Tensor();
        const Tensor dkernel = needs[1] ? empty_like(kernel) : Tensor();
        visit_floating(dy.dtype(), "linear", [&, &dz = dz]<class T>() {
          const auto each_product = [=](const auto& multiply) {
            if (dx.defined()) multiply(product<T>(rows, n, m, dz, false, kernel, true, dx));  // dz kernel^T
            if (dkernel.defined()) multiply(product<T>(n, m, rows, x, true, dz, false, dkernel));  // x^T dz
          };
          launch(
              dy.device(),
              [=]<Isa I>() {
                product_gradients_cpu<I>(ProductGradients<T>{rows, m, n, x.data<T>(), kernel.data<T>(),
                                                             dz.data<T>(), dx.data_or_null<T>(),
                                                             dkernel.data_or_null<T>(), rounds_products()});
              },
              [=](auto& stream) { each_product([&](const Gemm<T>& g) { gemm_cuda("linear", g, stream); }); });
        });
        return {dx, dkernel, dbias};
      });
}

}  // namespace afina
