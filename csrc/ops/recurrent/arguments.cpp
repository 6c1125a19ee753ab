#include "ops/recurrent/arguments.h"

#include "ops/elementwise/fused_activation.h"

namespace afina {
namespace {

void check_array(const char* op, const char* name, const Tensor& x, const Tensor& like, const Shape& shape,
                 const char* meaning) {
  if (!(x.shape() == shape))
    fail<ShapeError>(op, name, " must have shape ", shape, " = ", meaning, ", got ", x.shape());
  if (x.dtype() != like.dtype()) fail<DTypeError>(op, name, " is ", x.dtype(), " but x is ", like.dtype());
}

}  // namespace

SequenceArguments checked_sequence(const char* op, const Tensor& x, const Tensor& kernel,
                                   const Tensor& recurrent_kernel, const std::optional<Tensor>& bias,
                                   const std::optional<Tensor>& mask,
                                   const std::optional<Tensor>& recurrent_scale, bool go_backwards,
                                   int64_t gates, int64_t bias_rows) {
  if (x.rank() != 3) fail<ShapeError>(op, "x must be (batch, steps, inputs), got shape ", x.shape());
  if (!is_floating(x.dtype())) fail<DTypeError>(op, "x needs float32 or float64, got ", x.dtype());
  if (recurrent_kernel.rank() != 2 || recurrent_kernel.dim(0) < 1 ||
      recurrent_kernel.dim(1) != gates * recurrent_kernel.dim(0))
    fail<ShapeError>(op, "recurrent_kernel must be (units, ", gates, " * units), got shape ",
                     recurrent_kernel.shape());
  SequenceArguments a{x,
                      kernel,
                      recurrent_kernel,
                      bias.value_or(Tensor()),
                      mask.value_or(Tensor()),
                      recurrent_scale.value_or(Tensor()),
                      x.dim(0),
                      x.dim(1),
                      x.dim(2),
                      recurrent_kernel.dim(0),
                      go_backwards};
  const int64_t width = gates * a.units;
  if (recurrent_kernel.dtype() != x.dtype())
    fail<DTypeError>(op, "recurrent_kernel is ", recurrent_kernel.dtype(), " but x is ", x.dtype());
  check_array(op, "kernel", kernel, x, {a.inputs, width}, "(inputs, gates * units)");
  if (a.bias.defined())
    check_array(op, "bias", a.bias, x, bias_rows == 1 ? Shape{width} : Shape{bias_rows, width},
                bias_rows == 1 ? "(gates * units,)" : "(2, gates * units)");
  if (a.scale.defined()) check_array(op, "recurrent_scale", a.scale, x, {a.batch, a.units}, "(batch, units)");
  if (a.mask.defined()) {
    if (a.mask.dtype() != DType::boolean) fail<DTypeError>(op, "mask must be bool, got ", a.mask.dtype());
    if (!(a.mask.shape() == Shape{a.batch, a.steps}))
      fail<ShapeError>(op, "mask must have shape ", Shape{a.batch, a.steps}, " = (batch, steps), got ",
                       a.mask.shape());
  }
  return a;
}

Tensor checked_state(const char* op, const char* name, const std::optional<Tensor>& state,
                     const SequenceArguments& a) {
  const Tensor given = state.value_or(Tensor());
  if (given.defined()) check_array(op, name, given, a.x, {a.batch, a.units}, "(batch, units)");
  return given;
}

Tensor moving_state(const Tensor& state, const SequenceArguments& a) {
  return state.defined() ? copied(state) : zeros({a.batch, a.units}, a.x.dtype(), a.x.device());
}

FusedActivation checked_gate_activation(const char* op, const char* argument, const std::string& name) {
  const FusedActivation found = fused_activation_named(op, name, argument);
  if (found.saves == Saves::input || found.saves == Saves::both)
    fail<ArgumentError>(op, argument, " '", name,
                        "' cannot be a gate's: its slope does not follow from its value");
  return found;
}

}  // namespace afina
