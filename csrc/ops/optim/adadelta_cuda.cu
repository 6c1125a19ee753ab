#include "ops/optim/update_tensors.cuh"

namespace afina {
namespace {

template <class T>
struct Adadelta {
  T rate, fresh, epsilon;
  __device__ void operator()(T& p, T g, T* slots) const {
    slots[0] += fresh * (g * g - slots[0]);
    const T delta = g * sqrt(slots[1] + epsilon) / sqrt(slots[0] + epsilon);
    slots[1] += fresh * (delta * delta - slots[1]);
    p -= rate * delta;
  }
};

}  // namespace

template <class T>
void adadelta_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, T rho, T epsilon,
                   Stream& stream) {
  run_update<2>("adadelta_update", work, decay, Adadelta<T>{rate, T{1} - rho, epsilon}, stream);
}

template void adadelta_cuda(const UpdateTensors<float>&, WeightDecay<float>, float, float, float, Stream&);
template void adadelta_cuda(const UpdateTensors<double>&, WeightDecay<double>, double, double, double,
                            Stream&);

}  // namespace afina
