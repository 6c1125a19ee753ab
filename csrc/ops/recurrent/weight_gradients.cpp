#include "ops/recurrent/weight_gradients.h"

#include "core/launch.h"
#include "cpu/gemm/gemm.h"
#include "cuda/gemm/gemm.h"

namespace afina {

void add_weight_product(const Tensor& left, const Tensor& dz, const WeightProduct& p, Tensor& sum) {
  visit_floating(left.dtype(), "recurrent", [&]<class T>() {
    const int64_t width = sum.dim(1);
    const auto work = [=] {
      return Gemm<T>{p.count,
                     p.columns,
                     left.dim(0),
                     left.data<T>() + p.first,
                     left.dim(1),
                     true,
                     dz.data<T>() + p.dz_first,
                     dz.dim(1),
                     false,
                     sum.data<T>() + p.first_row * width + p.first_column,
                     width,
                     false,
                     nullptr,
                     false,
                     rounds_products()};
    };
    launch(
        left.device(), [=]<Isa I>() { gemm_cpu<I>(work()); },
        [=](auto& stream) { gemm_cuda("recurrent", work(), stream); });
  });
}

Tensor rows_of(const Tensor& matrix, int64_t first, const Shape& shape) {
  const auto row_bytes = matrix.dim(1) * static_cast<int64_t>(size_of(matrix.dtype()));
  return {matrix.storage(), matrix.offset_bytes() + first * row_bytes, shape, matrix.dtype()};
}

WeightGradients weight_gradients(const Tensor& left, const Tensor& dz, const Tensor& kernel,
                                 const Tensor& bias, const Tensor& recurrent) {
  if (!left.defined()) return {};
  const int64_t inputs = kernel.dim(0);
  Tensor sum = empty({left.dim(1), dz.dim(1)}, dz.dtype(), dz.device());
  add_weight_product(left, dz, {0, left.dim(1), 0, dz.dim(1), 0, 0}, sum);
  return {rows_of(sum, 0, kernel.shape()), bias.defined() ? rows_of(sum, inputs, bias.shape()) : Tensor(),
          rows_of(sum, inputs + 1, recurrent.shape())};
}

}  // namespace afina
