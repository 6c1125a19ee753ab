#pragma once

#include <initializer_list>
#include <vector>

#include "core/launch.h"
#include "core/tensor.h"
#include "ops/optim/pieces.h"

// What every whole-list update checks before it writes anything, and how lists become pieces.
namespace afina {

using Tensors = std::vector<Tensor>;

// One list of an update: its argument's name, and whether it is written.
struct UpdateList {
  const char* name;
  const Tensors* tensors;
  bool written;
};

// The lists have one length, their i-th tensors one shape, dtype and device; what is written is writable and
// overlaps nothing else.  An empty list after the first is an absent slot.
void check_lists(const char* op, std::initializer_list<UpdateList> lists);

struct Hyperparameter {
  const char* name;
  double value;
};
void check_finite(const char* op, std::initializer_list<Hyperparameter> values);
void check_not_negative(const char* op, std::initializer_list<Hyperparameter> values);  // and finite
void check_fraction(const char* op, std::initializer_list<Hyperparameter> values);      // in [0, 1)

// The floating tensors of type T among `parameters`, cut into pieces (see pieces.h).  Views: the lists stay
// alive.
template <class T>
class UpdatePlan {
 public:
  UpdatePlan(const Tensors& parameters, const Tensors& gradients,
             std::initializer_list<const Tensors*> slots) {
    int64_t gathered = 0;  // elements in the task under way
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].dtype() != kDTypeOf<T>) continue;
      const int64_t size = parameters[i].size();
      for (int64_t begin = 0; begin < size; begin += kPieceSize) {
        UpdatePiece<T> piece{};
        piece.parameter = parameters[i].data<T>() + begin;
        piece.gradient = gradients[i].data<T>() + begin;
        int slot = 0;
        for (const Tensors* list : slots)
          piece.slots[slot++] = list->empty() ? nullptr : (*list)[i].template data<T>() + begin;
        piece.size = size - begin < kPieceSize ? size - begin : kPieceSize;
        if (gathered == 0) tasks_.push_back(static_cast<int64_t>(pieces_.size()));
        pieces_.push_back(piece);
        gathered += piece.size;
        if (gathered >= kPieceSize) gathered = 0;
      }
    }
    tasks_.push_back(static_cast<int64_t>(pieces_.size()));
  }

  bool empty() const { return pieces_.empty(); }
  const std::vector<UpdatePiece<T>>& pieces() const { return pieces_; }
  UpdateTasks<T> tasks() const {
    return {pieces_.data(), tasks_.data(), static_cast<int64_t>(tasks_.size()) - 1};
  }

 private:
  std::vector<UpdatePiece<T>> pieces_;
  std::vector<int64_t> tasks_;
};

// f(tensors) for the parameters of type T that have elements, as many at a time as a CUDA kernel takes.
template <class T, class F>
void in_kernel_arguments(const Tensors& parameters, const Tensors& gradients,
                         std::initializer_list<const Tensors*> slots, const F& f) {
  UpdateTensors<T> work{};
  for (size_t i = 0; i < parameters.size(); ++i) {
    const int64_t size = parameters[i].size();
    if (parameters[i].dtype() == kDTypeOf<T> && size > 0) {
      UpdatePiece<T>& piece = work.of[work.count];
      piece = {parameters[i].data<T>(), gradients[i].data<T>(), {}, size};
      int slot = 0;
      for (const Tensors* list : slots)
        piece.slots[slot++] = list->empty() ? nullptr : (*list)[i].template data<T>();
      work.position[work.count++] = static_cast<int>(i);
      work.largest = size > work.largest ? size : work.largest;
    }
    if (work.count == UpdateTensors<T>::kMost || (i + 1 == parameters.size() && work.count > 0)) {
      f(work);
      work = {};
    }
  }
}

// run.operator()<Isa, T>(plan) for float and for double, where the list has such tensors; on a CUDA device
// cuda.operator()<T>(tensors, stream).
template <class Run, class Cuda>
void update_lists(const Tensors& parameters, const Tensors& gradients,
                  std::initializer_list<const Tensors*> slots, const Run& run, const Cuda& cuda) {
  if (parameters.empty()) return;
  refuse_capture("a whole-list update takes its numbers from the host");
  const auto run_type = [&]<class T>() {
    run_kernel(
        parameters.front().device(),
        [&]<Isa I>() {
          const UpdatePlan<T> plan(parameters, gradients, slots);
          if (!plan.empty()) run.template operator()<I, T>(plan);
        },
        [&](auto& stream) {
          in_kernel_arguments<T>(parameters, gradients, slots, [&](const UpdateTensors<T>& tensors) {
            cuda.template operator()<T>(tensors, stream);
          });
        });
  };
  run_type.template operator()<float>();
  run_type.template operator()<double>();
}

template <class T>
WeightDecay<T> weight_decay_of(double weight_decay, double lr, bool decoupled) {
  return decoupled ? WeightDecay<T>{T{0}, static_cast<T>(1.0 - lr * weight_decay)}
                   : WeightDecay<T>{static_cast<T>(weight_decay), T{1}};
}

}  // namespace afina
