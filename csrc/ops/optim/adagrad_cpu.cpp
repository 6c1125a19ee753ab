#include "core/isa.h"
#include "cpu/math.h"
#include "ops/optim/pieces.h"

namespace afina {

// Where a and epsilon are both zero the gradient has been zero all along and the quotient is 0 / 0: no step.
template <Isa I, class T>
void adagrad_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate, T inside, T outside) {
  update_pieces<1>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>* slots) {
    slots[0] += g * g;
    const Vec<T> root = sqrt(slots[0] + inside) + outside;
    p -= select(root == 0, Vec<T>{}, rate * g / root);
  });
}

template void adagrad_cpu<kIsa>(UpdateTasks<float>, WeightDecay<float>, float, float, float);
template void adagrad_cpu<kIsa>(UpdateTasks<double>, WeightDecay<double>, double, double, double);

}  // namespace afina
