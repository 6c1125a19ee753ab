#pragma once

#include <cstdint>

namespace afina {

inline constexpr int kMaxUpdateSlots = 3;

// A piece of one parameter (on a CUDA device: all of it), of its gradient and of what the optimizer remembers
// about it.
template <class T>
struct UpdatePiece {
  T* parameter;
  const T* gradient;
  T* slots[kMaxUpdateSlots];
  int64_t size;
};

// coupled: the decay is added to the gradient; kept: what is left of the parameter before the step
// (decoupled).
template <class T>
struct WeightDecay {
  T coupled;
  T kept;
};

// As many whole parameters as fit beside the other arguments of a CUDA kernel.
template <class T>
struct UpdateTensors {
  static constexpr int kMost = 48;
  UpdatePiece<T> of[kMost];
  int position[kMost];  // in the list
  int count;
  int64_t largest;  // elements of the largest
};

}  // namespace afina
