#include "core/isa.h"
#include "cpu/math.h"
#include "ops/optim/pieces.h"

namespace afina {

// The moving averages are written m + (1 - beta)(g - m): one rounding fewer than beta m + (1 - beta) g.
template <Isa I, class T>
void adam_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T beta_1, T beta_2, T rate, T root_scale,
              T epsilon) {
  const T new_1 = T{1} - beta_1, new_2 = T{1} - beta_2;
  update_pieces<2>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>* slots) {
    slots[0] += new_1 * (g - slots[0]);
    slots[1] += new_2 * (g * g - slots[1]);
    p -= rate * slots[0] / (root_scale * sqrt(slots[1]) + epsilon);
  });
}

template <Isa I, class T>
void amsgrad_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T beta_1, T beta_2, T rate, T root_scale,
                 T epsilon) {
  const T new_1 = T{1} - beta_1, new_2 = T{1} - beta_2;
  update_pieces<3>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>* slots) {
    slots[0] += new_1 * (g - slots[0]);
    slots[1] += new_2 * (g * g - slots[1]);
    slots[2] = max(slots[2], slots[1]);
    p -= rate * slots[0] / (root_scale * sqrt(slots[2]) + epsilon);
  });
}

template void adam_cpu<kIsa>(UpdateTasks<float>, WeightDecay<float>, float, float, float, float, float);
template void adam_cpu<kIsa>(UpdateTasks<double>, WeightDecay<double>, double, double, double, double,
                             double);
template void amsgrad_cpu<kIsa>(UpdateTasks<float>, WeightDecay<float>, float, float, float, float, float);
template void amsgrad_cpu<kIsa>(UpdateTasks<double>, WeightDecay<double>, double, double, double, double,
                                double);

}  // namespace afina
