#include "ops/recurrent/steps.cuh"

namespace afina {
namespace {

template <class T>
__global__ void __launch_bounds__(kThreads)
    run_cell(Recurrence<T> r, FusedActivation f, int64_t step, const T* z, T* h, T* y) {
  for (int64_t i = first_element(); i < r.batch * r.units; i += element_step()) {
    const int64_t sample = i / r.units, unit = i % r.units;
    if (!r.passes(sample, step)) h[i] = gate_value(f, z[i] + or_zero(r.bias, unit));
    y[(sample * r.steps + step) * r.units + unit] = h[i];
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    run_cell_back(Recurrence<T> r, FusedActivation f, int64_t step, const T* y, const T* dy, T* dh, T* dz) {
  for (int64_t i = first_element(); i < r.batch * r.units; i += element_step()) {
    const int64_t sample = i / r.units, at = (sample * r.steps + step) * r.units + i % r.units;
    const bool passes = r.passes(sample, step);
    const T d = dh[i] + or_zero(dy, at);
    dz[i] = passes ? T{0} : d * gate_slope(f, y[at]);
    dh[i] = passes ? d : T{0};
  }
}

}  // namespace

template <class T>
void simple_rnn_cuda(const Recurrence<T>& r, FusedActivation f, T* h, T* y, Stream& stream) {
  constexpr const char* kName = "simple_rnn";
  const int64_t units = r.units;
  const Workspace<T> z(r.steps * r.batch * units, stream);
  project_inputs(kName, r, units, units, z.data(), stream);
  for (int64_t step = 0; step < r.steps; ++step) {
    T* const rows = z.data() + step * r.batch * units;
    multiply<T>(kName, State<T>{h, r.scale, units}, Weights<T>{r.recurrent, units},
                StoreRows<T>{rows, units, true}, {1, r.batch, units, units}, stream);
    launch_kernel(kName, stream, {grid_for(r.batch * units), kThreads}, run_cell<T>, r, f, step, rows, h, y);
  }
}

template <class T>
void simple_rnn_grad_cuda(const Recurrence<T>& r, FusedActivation f, const T* h0, const T* y, const T* dy,
                          T* dh, T* dz, T* dx, T* left, Stream& stream) {
  constexpr const char* kName = "simple_rnn";
  const int64_t units = r.units;
  for (int64_t step = r.steps; step-- > 0;) {
    T* const rows = dz + step * r.batch * units;
    launch_kernel(kName, stream, {grid_for(r.batch * units), kThreads}, run_cell_back<T>, r, f, step, y, dy,
                  dh, rows);
    multiply<T>(kName, Rows<T>{rows, units}, WeightsTurned<T>{r.recurrent, units},
                AddToState<T>{dh, r.scale, units}, {1, r.batch, units, units}, stream);
  }
  project_back(kName, r, units, units, dz, dx, stream);
  keep_factors(kName, r, h0, y, static_cast<const T*>(nullptr), 0, left, stream);
}

template void simple_rnn_cuda(const Recurrence<float>&, FusedActivation, float*, float*, Stream&);
template void simple_rnn_cuda(const Recurrence<double>&, FusedActivation, double*, double*, Stream&);
template void simple_rnn_grad_cuda(const Recurrence<float>&, FusedActivation, const float*, const float*,
                                   const float*, float*, float*, float*, float*, Stream&);
template void simple_rnn_grad_cuda(const Recurrence<double>&, FusedActivation, const double*, const double*,
                                   const double*, double*, double*, double*, double*, Stream&);

}  // namespace afina
