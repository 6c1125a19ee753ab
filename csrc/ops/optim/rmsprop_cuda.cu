#include "ops/optim/update_tensors.cuh"

namespace afina {
namespace {

// slots: mean square; then mean gradient if centered, and momentum if there is one.
template <bool kCentered, bool kMomentum, class T>
struct RmsProp {
  static constexpr int kSlots = 1 + (kCentered ? 1 : 0) + (kMomentum ? 1 : 0);
  T rate, fresh, momentum, inside, outside;
  __device__ void operator()(T& p, T g, T* slots) const {
    slots[0] += fresh * (g * g - slots[0]);
    T spread = slots[0];
    if constexpr (kCentered) {
      slots[1] += fresh * (g - slots[1]);
      spread = max(spread - slots[1] * slots[1], T{0});  // rounding may leave it just below zero
    }
    T step = rate * g / (sqrt(spread + inside) + outside);
    if constexpr (kMomentum) step = slots[kSlots - 1] = momentum * slots[kSlots - 1] + step;
    p -= step;
  }
};

}  // namespace

template <bool kCentered, bool kMomentum, class T>
void rmsprop_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, T rho, T momentum, T inside,
                  T outside, Stream& stream) {
  using Update = RmsProp<kCentered, kMomentum, T>;
  run_update<Update::kSlots>("rmsprop_update", work, decay,
                             Update{rate, T{1} - rho, momentum, inside, outside}, stream);
}

template void rmsprop_cuda<false, false>(const UpdateTensors<float>&, WeightDecay<float>, float, float, float,
                                         float, float, Stream&);
template void rmsprop_cuda<false, true>(const UpdateTensors<float>&, WeightDecay<float>, float, float, float,
                                        float, float, Stream&);
template void rmsprop_cuda<true, false>(const UpdateTensors<float>&, WeightDecay<float>, float, float, float,
                                        float, float, Stream&);
template void rmsprop_cuda<true, true>(const UpdateTensors<float>&, WeightDecay<float>, float, float, float,
                                       float, float, Stream&);
template void rmsprop_cuda<false, false>(const UpdateTensors<double>&, WeightDecay<double>, double, double,
                                         double, double, double, Stream&);
template void rmsprop_cuda<false, true>(const UpdateTensors<double>&, WeightDecay<double>, double, double,
                                        double, double, double, Stream&);
template void rmsprop_cuda<true, false>(const UpdateTensors<double>&, WeightDecay<double>, double, double,
                                        double, double, double, Stream&);
template void rmsprop_cuda<true, true>(const UpdateTensors<double>&, WeightDecay<double>, double, double,
                                       double, double, double, Stream&);

}  // namespace afina
