#include "core/isa.h"
#include "cpu/math.h"
#include "ops/optim/pieces.h"

namespace afina {

template <Isa I, class T>
void adadelta_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate, T rho, T epsilon) {
  const T fresh = T{1} - rho;
  update_pieces<2>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>* slots) {
    slots[0] += fresh * (g * g - slots[0]);
    const Vec<T> delta = g * sqrt(slots[1] + epsilon) / sqrt(slots[0] + epsilon);
    slots[1] += fresh * (delta * delta - slots[1]);
    p -= rate * delta;
  });
}

template void adadelta_cpu<kIsa>(UpdateTasks<float>, WeightDecay<float>, float, float, float);
template void adadelta_cpu<kIsa>(UpdateTasks<double>, WeightDecay<double>, double, double, double);

}  // namespace afina
