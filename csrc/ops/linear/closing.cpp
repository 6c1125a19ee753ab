#include "ops/linear/closing.h"

#include "core/launch.h"

namespace afina {

template <Isa, class T>
void closing_grad_cpu(bool relu, const T* y, const T* dy, T* dz, T* dbias, int64_t rows, int64_t n);

Activation activation_named(const char* op, const std::string& name) {
  if (name == "linear") return {false};
  if (name == "relu") return {true};
  fail<ArgumentError>(op, "unknown activation '", name, "'; known: linear, relu");
}

void check_bias(const char* op, const Tensor& x, const std::optional<Tensor>& bias, int64_t size) {
  if (!bias || !bias->defined()) return;
  if (bias->rank() != 1 || bias->dim(0) != size)
    fail<ShapeError>(op, "bias needs shape (", size, ",), got ", bias->shape());
  if (bias->dtype() != x.dtype()) fail<DTypeError>(op, "bias is ", bias->dtype(), " but x is ", x.dtype());
}

ClosingGradients closing_grad(Activation activation, const Tensor& y, const Tensor& dy, bool bias_wanted) {
  const int64_t n = dy.dim(-1), rows = dy.shape().size_between(0, dy.rank() - 1);
  ClosingGradients result{activation.relu ? empty_like(dy) : dy, {}};
  if (bias_wanted) result.dbias = empty({n}, dy.dtype(), dy.device());
  if (!activation.relu && !bias_wanted) return result;
  visit_floating(dy.dtype(), "activation", [&]<class T>() {
    launch(dy.device(), [&]<Isa I>() {
      closing_grad_cpu<I>(activation.relu, activation.relu ? y.data<T>() : nullptr, dy.data<T>(),
                          activation.relu ? result.dz.data<T>() : nullptr,
                          bias_wanted ? result.dbias.data<T>() : nullptr, rows, n);
    });
  });
  return result;
}

}  // namespace afina
