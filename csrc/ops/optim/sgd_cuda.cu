#include "ops/optim/update_tensors.cuh"

namespace afina {
namespace {

template <class T>
struct Descend {
  T rate;
  __device__ void operator()(T& p, T g, T*) const { p -= rate * g; }
};

template <class T>
struct Roll {
  T momentum, intake, by_velocity, by_gradient;
  __device__ void operator()(T& p, T g, T* slots) const {
    slots[0] = momentum * slots[0] + intake * g;
    p += by_velocity * slots[0] + by_gradient * g;
  }
};

}  // namespace

template <class T>
void sgd_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, Stream& stream) {
  run_update<0>("sgd_update", work, decay, Descend<T>{rate}, stream);
}

template <class T>
void momentum_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T momentum, T intake, T by_velocity,
                   T by_gradient, Stream& stream) {
  run_update<1>("sgd_update", work, decay, Roll<T>{momentum, intake, by_velocity, by_gradient}, stream);
}

template void sgd_cuda(const UpdateTensors<float>&, WeightDecay<float>, float, Stream&);
template void sgd_cuda(const UpdateTensors<double>&, WeightDecay<double>, double, Stream&);
template void momentum_cuda(const UpdateTensors<float>&, WeightDecay<float>, float, float, float, float,
                            Stream&);
template void momentum_cuda(const UpdateTensors<double>&, WeightDecay<double>, double, double, double, double,
                            Stream&);

}  // namespace afina
