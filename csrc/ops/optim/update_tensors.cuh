#pragma once

#include "cuda/math.h"
#include "cuda/vector.h"
#include "ops/optim/update_piece.h"

// The kernel all optimizer updates share on a device: the mirror of pieces.h.  One launch takes many
// parameters; the blocks of row y of the grid walk through parameter y.
namespace afina {
namespace {

template <int kSlots, class T, class Update>
__device__ __forceinline__ void update_element(T& parameter, T gradient, T* slots, WeightDecay<T> decay,
                                               const Update& update) {
  gradient += decay.coupled * parameter;
  parameter *= decay.kept;
  update(parameter, gradient, slots);
}

// update(parameter, gradient, slots[kSlots]) on every element, in place: 16 bytes of each array at a time.
template <int kSlots, class T, class Update>
__global__ void __launch_bounds__(kThreads)
    update_tensors(const __grid_constant__ UpdateTensors<T> work, WeightDecay<T> decay, Update update) {
  constexpr int kCount = Pack<T>::kCount;
  const UpdatePiece<T>& piece = work.of[blockIdx.y];
  bool aligned = are_aligned(piece.parameter, piece.gradient);
  for (int s = 0; s < kSlots; ++s) aligned = aligned && are_aligned(piece.slots[s]);
  const int64_t packs = aligned ? piece.size / kCount : 0;
  for (int64_t i = first_element(); i < packs; i += element_step()) {
    Pack<T> parameter = load_pack(piece.parameter + i * kCount), slots[kSlots + 1];
    const Pack<T> gradient = load_pack(piece.gradient + i * kCount);
    for (int s = 0; s < kSlots; ++s) slots[s] = load_pack(piece.slots[s] + i * kCount);
    for (int k = 0; k < kCount; ++k) {
      T own[kSlots + 1];
      for (int s = 0; s < kSlots; ++s) own[s] = slots[s].at[k];
      update_element<kSlots>(parameter.at[k], gradient.at[k], own, decay, update);
      for (int s = 0; s < kSlots; ++s) slots[s].at[k] = own[s];
    }
    store_pack(piece.parameter + i * kCount, parameter);
    for (int s = 0; s < kSlots; ++s) store_pack(piece.slots[s] + i * kCount, slots[s]);
  }
  for (int64_t i = packs * kCount + first_element(); i < piece.size; i += element_step()) {
    T own[kSlots + 1];
    for (int s = 0; s < kSlots; ++s) own[s] = piece.slots[s][i];
    update_element<kSlots>(piece.parameter[i], piece.gradient[i], own, decay, update);
    for (int s = 0; s < kSlots; ++s) piece.slots[s][i] = own[s];
  }
}

// Blocks that walk through the largest parameter, times parameters.
template <class T>
LaunchShape shape_of(const UpdateTensors<T>& work) {
  return {dim3(grid_for_packs<T>(work.largest), static_cast<unsigned>(work.count)), dim3(kThreads)};
}

template <int kSlots, class T, class Update>
void run_update(const char* op, const UpdateTensors<T>& work, WeightDecay<T> decay, const Update& update,
                const Stream& stream) {
  launch_kernel(op, stream, shape_of(work), update_tensors<kSlots, T, Update>, work, decay, update);
}

}  // namespace
}  // namespace afina
