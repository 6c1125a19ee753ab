#pragma once

#include <cstdint>

#include "ops/elementwise/activation.h"

// What the kernels of LSTM, GRU and the simple RNN are told.
namespace afina {

struct CellActivations {
  FusedActivation state;  // of the candidate (and, in an LSTM, of the cell on its way out)
  FusedActivation gate;   // Keras's recurrent_activation
};

template <class T>
struct Recurrence {
  int64_t batch, steps, inputs, units;
  bool backwards;       // step s reads x[:, steps - 1 - s]
  const T* x;           // (batch, steps, inputs)
  const uint8_t* mask;  // (batch, steps) or null: where it is false the state passes through unchanged
  const T* kernel;      // (inputs, gates * units)
  const T* recurrent;   // (units, gates * units)
  const T* bias;        // (gates * units) or null
  const T* scale;       // (batch, units) or null: factors of the state before it is multiplied (dropout)

  KERNEL_INLINE int64_t time(int64_t step) const { return backwards ? steps - 1 - step : step; }
  KERNEL_INLINE bool passes(int64_t sample, int64_t step) const {
    return mask != nullptr && mask[sample * steps + time(step)] == 0;
  }
};

// The state before a step: among the results, the first one given, or null for zeros.
template <class T>
KERNEL_INLINE const T* state_before(const Recurrence<T>& r, int64_t step, int64_t sample, const T* h0,
                                    const T* y) {
  if (step > 0) return y + (sample * r.steps + step - 1) * r.units;
  return h0 != nullptr ? h0 + sample * r.units : nullptr;
}

}  // namespace afina
