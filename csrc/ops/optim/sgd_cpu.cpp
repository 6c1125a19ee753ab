#include "core/isa.h"
#include "ops/optim/pieces.h"

namespace afina {

template <Isa I, class T>
void sgd_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate) {
  update_pieces<0>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>*) { p -= rate * g; });
}

template <Isa I, class T>
void momentum_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T momentum, T intake, T by_velocity,
                  T by_gradient) {
  update_pieces<1>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>* slots) {
    slots[0] = momentum * slots[0] + intake * g;
    p += by_velocity * slots[0] + by_gradient * g;
  });
}

template void sgd_cpu<kIsa>(UpdateTasks<float>, WeightDecay<float>, float);
template void sgd_cpu<kIsa>(UpdateTasks<double>, WeightDecay<double>, double);
template void momentum_cpu<kIsa>(UpdateTasks<float>, WeightDecay<float>, float, float, float, float);
template void momentum_cpu<kIsa>(UpdateTasks<double>, WeightDecay<double>, double, double, double, double);

}  // namespace afina
