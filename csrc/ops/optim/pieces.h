#pragma once

#include <cstdint>

#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/optim/update_piece.h"

// The loop all optimizer updates share: every parameter of a list is cut into pieces of fixed size, small
// ones are gathered into tasks, and the threads take tasks.  One pass, one region, whatever the number of
// tensors.
namespace afina {

inline constexpr int64_t kPieceSize = 16384;  // elements: a piece and its slots stay in L2

// Task t is pieces [tasks[t], tasks[t + 1]).
template <class T>
struct UpdateTasks {
  const UpdatePiece<T>* pieces;
  const int64_t* tasks;
  int64_t count;
};

// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

// update(parameter, gradient, slots[kSlots]) on vectors, over every element of every piece, in place.
template <int kSlots, class T, class Update>
KERNEL_INLINE void update_pieces(UpdateTasks<T> work, WeightDecay<T> decay, const Update& update) {
  parallel_chunks(work.count, [&](int64_t task) {
    for (int64_t index = work.tasks[task]; index < work.tasks[task + 1]; ++index) {
      const UpdatePiece<T> piece = work.pieces[index];
      Vec<T> slots[kMaxUpdateSlots];
      int64_t i = 0;
      for (; i + kLanes<T> <= piece.size; i += kLanes<T>) {
        Vec<T> parameter = load(piece.parameter + i);
        const Vec<T> gradient = load(piece.gradient + i) + decay.coupled * parameter;
        parameter *= decay.kept;
        for (int s = 0; s < kSlots; ++s) slots[s] = load(piece.slots[s] + i);
        update(parameter, gradient, slots);
        store(piece.parameter + i, parameter);
        for (int s = 0; s < kSlots; ++s) store(piece.slots[s] + i, slots[s]);
      }
      if (const int64_t rest = piece.size - i; rest > 0) {
        Vec<T> parameter = load_partial(piece.parameter + i, rest);
        const Vec<T> gradient = load_partial(piece.gradient + i, rest) + decay.coupled * parameter;
        parameter *= decay.kept;
        for (int s = 0; s < kSlots; ++s) slots[s] = load_partial(piece.slots[s] + i, rest);
        update(parameter, gradient, slots);
        store_partial(piece.parameter + i, parameter, rest);
        for (int s = 0; s < kSlots; ++s) store_partial(piece.slots[s] + i, slots[s], rest);
      }
    }
  });
}

}  // namespace
}  // namespace afina
