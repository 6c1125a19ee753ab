#include "ops/recurrent/steps.cuh"

// Rows of gates are [input | forget | candidate | output], each `units` wide, as Keras orders the weights.
namespace afina {
namespace {

constexpr const char* kName = "lstm";

template <class T>
__global__ void __launch_bounds__(kThreads)
    run_cell(Recurrence<T> r, CellActivations f, int64_t step, T* gates, T* h, T* c, T* y, T* cells) {
  const int64_t units = r.units;
  for (int64_t i = first_element(); i < r.batch * units; i += element_step()) {
    const int64_t sample = i / units, unit = i % units;
    if (!r.passes(sample, step)) {
      T* const row = gates + sample * 4 * units + unit;
      const auto open = [&](FusedActivation activation, int64_t part) {
        return row[part * units] =
                   gate_value(activation, row[part * units] + or_zero(r.bias, part * units + unit));
      };
      const T input = open(f.gate, 0), forget = open(f.gate, 1), candidate = open(f.state, 2),
              output = open(f.gate, 3);
      c[i] = forget * c[i] + input * candidate;
      h[i] = output * gate_value(f.state, c[i]);
    }
    if (cells != nullptr) cells[i] = c[i];
    y[(sample * r.steps + step) * units + unit] = h[i];
  }
}

// c_before may be null: zeros.
template <class T>
__global__ void __launch_bounds__(kThreads)
    run_cell_back(Recurrence<T> r, CellActivations f, int64_t step, const T* gates, const T* cells,
                  const T* c_before, const T* dy, T* dh, T* dc, T* dz) {
  const int64_t units = r.units;
  for (int64_t i = first_element(); i < r.batch * units; i += element_step()) {
    const int64_t sample = i / units, unit = i % units, at = sample * 4 * units + unit;
    const T *const gate = gates + at, d = dh[i] + or_zero(dy, (sample * r.steps + step) * units + unit);
    T* const sums = dz + at;
    if (r.passes(sample, step)) {
      dh[i] = d;
      for (int64_t part = 0; part < 4; ++part) sums[part * units] = T{0};
      continue;
    }
    const T input = gate[0], forget = gate[units], candidate = gate[2 * units], output = gate[3 * units];
    const T bent = gate_value(f.state, cells[i]), cell = dc[i] + d * output * gate_slope(f.state, bent);
    sums[0] = cell * candidate * gate_slope(f.gate, input);
    sums[units] = cell * or_zero(c_before, i) * gate_slope(f.gate, forget);
    sums[2 * units] = cell * input * gate_slope(f.state, candidate);
    sums[3 * units] = d * bent * gate_slope(f.gate, output);
    dc[i] = cell * forget;
    dh[i] = T{0};
  }
}

}  // namespace

template <class T>
void lstm_cuda(const Recurrence<T>& r, CellActivations f, T* h, T* c, T* y, T* gates, T* cells,
               Stream& stream) {
  const int64_t units = r.units, width = 4 * units, rows = r.batch * width;
  const Workspace<T> passing(gates == nullptr ? r.steps * rows : 0, stream);
  if (gates == nullptr) gates = passing.data();
  project_inputs(kName, r, width, width, gates, stream);
  for (int64_t step = 0; step < r.steps; ++step) {
    T* const z = gates + step * rows;
    multiply<T>(kName, State<T>{h, r.scale, units}, Weights<T>{r.recurrent, width},
                StoreRows<T>{z, width, true}, {1, r.batch, width, units}, stream);
    launch_kernel(kName, stream, {grid_for(r.batch * units), kThreads}, run_cell<T>, r, f, step, z, h, c, y,
                  cells != nullptr ? cells + step * r.batch * units : nullptr);
  }
}

template <class T>
void lstm_grad_cuda(const Recurrence<T>& r, CellActivations f, const T* h0, const T* c0, const T* y,
                    const T* gates, const T* cells, const T* dy, T* dh, T* dc, T* dz, T* dx, T* left,
                    Stream& stream) {
  const int64_t units = r.units, width = 4 * units, rows = r.batch * width, states = r.batch * units;
  for (int64_t step = r.steps; step-- > 0;) {
    T* const sums = dz + step * rows;
    launch_kernel(kName, stream, {grid_for(states), kThreads}, run_cell_back<T>, r, f, step,
                  gates + step * rows, cells + step * states, step > 0 ? cells + (step - 1) * states : c0, dy,
                  dh, dc, sums);
    multiply<T>(kName, Rows<T>{sums, width}, WeightsTurned<T>{r.recurrent, width},
                AddToState<T>{dh, r.scale, units}, {1, r.batch, units, width}, stream);
  }
  project_back(kName, r, width, width, dz, dx, stream);
  keep_factors(kName, r, h0, y, static_cast<const T*>(nullptr), 0, left, stream);
}

template void lstm_cuda(const Recurrence<float>&, CellActivations, float*, float*, float*, float*, float*,
                        Stream&);
template void lstm_cuda(const Recurrence<double>&, CellActivations, double*, double*, double*, double*,
                        double*, Stream&);
template void lstm_grad_cuda(const Recurrence<float>&, CellActivations, const float*, const float*,
                             const float*, const float*, const float*, const float*, float*, float*, float*,
                             float*, float*, Stream&);
template void lstm_grad_cuda(const Recurrence<double>&, CellActivations, const double*, const double*,
                             const double*, const double*, const double*, const double*, double*, double*,
                             double*, double*, double*, Stream&);

}  // namespace afina
