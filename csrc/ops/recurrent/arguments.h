#pragma once

#include <optional>
#include <string>

#include "core/tensor.h"
#include "ops/recurrent/recurrence.h"

// What the recurrent ops take, checked at the door.
namespace afina {

struct SequenceArguments {
  Tensor x, kernel, recurrent, bias, mask, scale;
  int64_t batch, steps, inputs, units;
  bool backwards;

  template <class T>
  Recurrence<T> recurrence() const {
    return {batch,
            steps,
            inputs,
            units,
            backwards,
            x.data<T>(),
            mask.data_or_null<uint8_t>(),
            kernel.data<T>(),
            recurrent.data<T>(),
            bias.data_or_null<T>(),
            scale.data_or_null<T>()};
  }
};

// x (batch, steps, inputs); kernel (inputs, gates * units); recurrent_kernel (units, gates * units); bias of
// `bias_rows` rows of gates * units (a vector when that is 1); mask (batch, steps) of bool; recurrent_scale
// (batch, units).
SequenceArguments checked_sequence(const char* op, const Tensor& x, const Tensor& kernel,
                                   const Tensor& recurrent_kernel, const std::optional<Tensor>& bias,
                                   const std::optional<Tensor>& mask,
                                   const std::optional<Tensor>& recurrent_scale, bool go_backwards,
                                   int64_t gates, int64_t bias_rows = 1);

// The first state (batch, units), or an undefined tensor: zeros.
Tensor checked_state(const char* op, const char* name, const std::optional<Tensor>& state,
                     const SequenceArguments& a);

// Memory of their own for a state that a kernel moves on: the values of `state`, or zeros.
Tensor moving_state(const Tensor& state, const SequenceArguments& a);

// A gate's activation by name; those whose slope needs more than their value are refused.
FusedActivation checked_gate_activation(const char* op, const char* argument, const std::string& name);

}  // namespace afina
