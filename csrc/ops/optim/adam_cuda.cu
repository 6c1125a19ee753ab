#include "ops/optim/update_tensors.cuh"

namespace afina {
namespace {

// The moving averages are written m + (1 - beta)(g - m): one rounding fewer than beta m + (1 - beta) g.
template <class T>
struct Adam {
  T new_1, new_2, rate, root_scale, epsilon;
  __device__ void operator()(T& p, T g, T* slots) const {
    slots[0] += new_1 * (g - slots[0]);
    slots[1] += new_2 * (g * g - slots[1]);
    p -= rate * slots[0] / (root_scale * sqrt(slots[1]) + epsilon);
  }
};

template <class T>
struct AmsGrad {
  T new_1, new_2, rate, root_scale, epsilon;
  __device__ void operator()(T& p, T g, T* slots) const {
    slots[0] += new_1 * (g - slots[0]);
    slots[1] += new_2 * (g * g - slots[1]);
    slots[2] = max(slots[2], slots[1]);
    p -= rate * slots[0] / (root_scale * sqrt(slots[2]) + epsilon);
  }
};

}  // namespace

template <class T>
void adam_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T beta_1, T beta_2, T rate, T root_scale,
               T epsilon, Stream& stream) {
  run_update<2>("adam_update", work, decay, Adam<T>{T{1} - beta_1, T{1} - beta_2, rate, root_scale, epsilon},
                stream);
}

template <class T>
void amsgrad_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T beta_1, T beta_2, T rate,
                  T root_scale, T epsilon, Stream& stream) {
  run_update<3>("adam_update", work, decay,
                AmsGrad<T>{T{1} - beta_1, T{1} - beta_2, rate, root_scale, epsilon}, stream);
}

template void adam_cuda(const UpdateTensors<float>&, WeightDecay<float>, float, float, float, float, float,
                        Stream&);
template void adam_cuda(const UpdateTensors<double>&, WeightDecay<double>, double, double, double, double,
                        double, Stream&);
template void amsgrad_cuda(const UpdateTensors<float>&, WeightDecay<float>, float, float, float, float, float,
                           Stream&);
template void amsgrad_cuda(const UpdateTensors<double>&, WeightDecay<double>, double, double, double, double,
                           double, Stream&);

}  // namespace afina
