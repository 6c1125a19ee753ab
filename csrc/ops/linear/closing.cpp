#include "ops/linear/closing.h"

#include "core/launch.h"

namespace afina {

template <Isa, class T>
void closing_cpu(FusedActivation activation, const T* z, T* y, int64_t n);
template <class T>
void closing_cuda(FusedActivation activation, const T* z, T* y, int64_t n, Stream& stream);
template <Isa, class T>
void closing_grad_cpu(FusedActivation activation, const T* kept, const T* dy, T* dz, T* dbias, int64_t rows,
                      int64_t n);
template <class T>
void closing_grad_cuda(FusedActivation activation, const T* kept, const T* dy, T* dz, T* dbias, int64_t rows,
                       int64_t n, Stream& stream);

void check_bias(const char* op, const Tensor& x, const std::optional<Tensor>& bias, int64_t size) {
  if (!bias || !bias->defined()) return;
  if (bias->rank() != 1 || bias->dim(0) != size)
    fail<ShapeError>(op, "bias needs shape (", size, ",), got ", bias->shape());
  if (bias->dtype() != x.dtype()) fail<DTypeError>(op, "bias is ", bias->dtype(), " but x is ", x.dtype());
}

bool in_registers(FusedActivation activation) {
  return activation.is_identity() || activation.position == PositionOf<Relu, Activations>::value;
}

Closed closed(FusedActivation activation, const Tensor& z) {
  if (activation.is_identity()) return {z, {}};
  const bool needs_z = activation.saves == Saves::input;
  if (in_registers(activation)) return {z, detached(z)};
  const Tensor y = needs_z ? empty_like(z) : z;
  visit_floating(z.dtype(), "activation", [&]<class T>() {
    launch(
        z.device(), [=]<Isa I>() { closing_cpu<I>(activation, z.data<T>(), y.data<T>(), z.size()); },
        [=](auto& stream) { closing_cuda(activation, z.data<T>(), y.data<T>(), z.size(), stream); });
  });
  return {y, needs_z ? z : detached(y)};
}

ClosingGradients closing_grad(FusedActivation activation, const Tensor& kept, const Tensor& dy,
                              bool bias_wanted) {
  const bool bent = !activation.is_identity();
  ClosingGradients result{bent ? empty_like(dy) : dy, {}};
  if (!bent && !bias_wanted) return result;
  const int64_t n = dy.dim(-1), rows = dy.shape().size_between(0, dy.rank() - 1);
  if (bias_wanted) result.dbias = empty({n}, dy.dtype(), dy.device());
  visit_floating(dy.dtype(), "activation", [&]<class T>() {
    launch(
        dy.device(),
        [=]<Isa I>() {
          closing_grad_cpu<I>(activation, bent ? kept.data<T>() : nullptr, dy.data<T>(),
                              bent ? result.dz.data<T>() : nullptr,
                              bias_wanted ? result.dbias.data<T>() : nullptr, rows, n);
        },
        [=](auto& stream) {
          closing_grad_cuda(activation, bent ? kept.data<T>() : nullptr, dy.data<T>(),
                            bent ? result.dz.data<T>() : nullptr,
                            bias_wanted ? result.dbias.data<T>() : nullptr, rows, n, stream);
        });
  });
  return result;
}

}  // namespace afina
