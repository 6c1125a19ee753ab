#include "core/isa.h"
#include "cpu/math.h"
#include "ops/optim/pieces.h"

namespace afina {

// slots: mean square; then mean gradient if centered, and momentum if there is one.
template <Isa I, bool kCentered, bool kMomentum, class T>
void rmsprop_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate, T rho, T momentum, T inside, T outside) {
  const T fresh = T{1} - rho;
  constexpr int kSlots = 1 + (kCentered ? 1 : 0) + (kMomentum ? 1 : 0);
  update_pieces<kSlots>(work, decay, [=](Vec<T>& p, Vec<T> g, Vec<T>* slots) {
    slots[0] += fresh * (g * g - slots[0]);
    Vec<T> spread = slots[0];
    if constexpr (kCentered) {
      slots[1] += fresh * (g - slots[1]);
      spread = max(spread - slots[1] * slots[1], Vec<T>{});  // rounding may leave it just below zero
    }
    Vec<T> step = rate * g / (sqrt(spread + inside) + outside);
    if constexpr (kMomentum) step = slots[kSlots - 1] = momentum * slots[kSlots - 1] + step;
    p -= step;
  });
}

template void rmsprop_cpu<kIsa, false, false>(UpdateTasks<float>, WeightDecay<float>, float, float, float,
                                              float, float);
template void rmsprop_cpu<kIsa, false, true>(UpdateTasks<float>, WeightDecay<float>, float, float, float,
                                             float, float);
template void rmsprop_cpu<kIsa, true, false>(UpdateTasks<float>, WeightDecay<float>, float, float, float,
                                             float, float);
template void rmsprop_cpu<kIsa, true, true>(UpdateTasks<float>, WeightDecay<float>, float, float, float,
                                            float, float);
template void rmsprop_cpu<kIsa, false, false>(UpdateTasks<double>, WeightDecay<double>, double, double,
                                              double, double, double);
template void rmsprop_cpu<kIsa, false, true>(UpdateTasks<double>, WeightDecay<double>, double, double, double,
                                             double, double);
template void rmsprop_cpu<kIsa, true, false>(UpdateTasks<double>, WeightDecay<double>, double, double, double,
                                             double, double);
template void rmsprop_cpu<kIsa, true, true>(UpdateTasks<double>, WeightDecay<double>, double, double, double,
                                            double, double);

}  // namespace afina
