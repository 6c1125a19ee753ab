#include "ops/optim/update_tensors.cuh"

namespace afina {
namespace {

// Where a and epsilon are both zero the gradient has been zero all along and the quotient is 0 / 0: no step.
template <class T>
struct Adagrad {
  T rate, inside, outside;
  __device__ void operator()(T& p, T g, T* slots) const {
    slots[0] += g * g;
    const T root = sqrt(slots[0] + inside) + outside;
    p -= root == 0 ? T{0} : rate * g / root;
  }
};

}  // namespace

template <class T>
void adagrad_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, T inside, T outside,
                  Stream& stream) {
  run_update<1>("adagrad_update", work, decay, Adagrad<T>{rate, inside, outside}, stream);
}

template void adagrad_cuda(const UpdateTensors<float>&, WeightDecay<float>, float, float, float, Stream&);
template void adagrad_cuda(const UpdateTensors<double>&, WeightDecay<double>, double, double, double,
                           Stream&);

}  // namespace afina
