#include "ops/recurrent/steps.cuh"

// Rows of gates are [update z | reset r | candidate g], each `units` wide, as Keras orders the weights; with
// reset_after a fourth part holds the state's share of the candidate, q = h U + its bias.
namespace afina {
namespace {

constexpr const char* kName = "gru";

// With reset_after one product has the state's shares of z, r and q, which do not lie side by side.
template <class T>
struct StoreShares {
  T* rows;
  int64_t units;
  __device__ __forceinline__ void operator()(int64_t, int64_t i, int64_t j, T sum) const {
    T* const row = rows + i * 4 * units;
    if (j < 2 * units)
      row[j] += sum;
    else
      row[units + j] = sum;
  }
};
template <class T>
struct Shares {
  static constexpr bool kAlongK = true;
  const T* rows;
  int64_t units;
  __device__ __forceinline__ T operator()(int64_t, int64_t i, int64_t p) const {
    return rows[i * 4 * units + (p < 2 * units ? p : units + p)];
  }
};

template <class T>
struct Step {
  Recurrence<T> r;
  CellActivations f;
  bool reset_after;
  int64_t step;

  __host__ __device__ int64_t width() const { return (reset_after ? 4 : 3) * r.units; }
  // Part 0 to 2 of the bias; those of the recurrent product are the second row.
  __device__ __forceinline__ T bias(int64_t part, int64_t unit) const {
    const T own = or_zero(r.bias, part * r.units + unit);
    return reset_after && part < 2 ? own + state_bias(part, unit) : own;
  }
  __device__ __forceinline__ T state_bias(int64_t part, int64_t unit) const {
    return or_zero(r.bias, (3 + part) * r.units + unit);
  }
};

// z and r; shortened = r h scale, which meets the recurrent kernel without reset_after.
template <class T>
__global__ void __launch_bounds__(kThreads) open_gates(Step<T> s, T* gates, const T* h, T* shortened) {
  const int64_t units = s.r.units;
  for (int64_t i = first_element(); i < s.r.batch * units; i += element_step()) {
    const int64_t sample = i / units, unit = i % units;
    T* const row = gates + sample * s.width() + unit;
    if (!s.r.passes(sample, s.step))
      for (int64_t part = 0; part < 2; ++part)
        row[part * units] = gate_value(s.f.gate, row[part * units] + s.bias(part, unit));
    if (!s.reset_after) shortened[i] = row[units] * h[i] * (s.r.scale != nullptr ? s.r.scale[i] : T{1});
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) advance(Step<T> s, T* gates, T* h, T* y) {
  const int64_t units = s.r.units;
  for (int64_t i = first_element(); i < s.r.batch * units; i += element_step()) {
    const int64_t sample = i / units, unit = i % units;
    T* const row = gates + sample * s.width() + unit;
    if (!s.r.passes(sample, s.step)) {
      T sum = row[2 * units] + s.bias(2, unit);
      if (s.reset_after) {
        row[3 * units] += s.state_bias(2, unit);
        sum += row[units] * row[3 * units];
      }
      row[2 * units] = gate_value(s.f.state, sum);
      h[i] = row[0] * h[i] + (T{1} - row[0]) * row[2 * units];
    }
    y[(sample * s.r.steps + s.step) * units + unit] = h[i];
  }
}

// From dh: its direct way to the state before, and in dz the gradients of the sums of z and g; with
// reset_after also those of r and q.
template <class T>
__global__ void __launch_bounds__(kThreads)
    retreat(Step<T> s, const T* h0, const T* y, const T* gates, const T* dy, T* dh, T* dz) {
  const int64_t units = s.r.units;
  for (int64_t i = first_element(); i < s.r.batch * units; i += element_step()) {
    const int64_t sample = i / units, unit = i % units, at = sample * s.width() + unit;
    const T *const gate = gates + at, d = dh[i] + or_zero(dy, (sample * s.r.steps + s.step) * units + unit);
    T* const sums = dz + at;
    if (s.r.passes(sample, s.step)) {
      dh[i] = d;
      for (int64_t part = 0; part < s.width(); part += units) sums[part] = T{0};
      continue;
    }
    const T z = gate[0], reset = gate[units], g = gate[2 * units];
    const T before = or_zero(state_before(s.r, s.step, sample, h0, y), unit);
    const T dsum = d * (T{1} - z) * gate_slope(s.f.state, g);
    sums[0] = d * (before - g) * gate_slope(s.f.gate, z);
    sums[2 * units] = dsum;
    if (s.reset_after) {
      sums[units] = dsum * gate[3 * units] * gate_slope(s.f.gate, reset);
      sums[3 * units] = dsum * reset;
    }
    dh[i] = d * z;
  }
}

// Without reset_after: of shares, the gradient of r h scale, r gets its part, then h.
template <class T>
__global__ void __launch_bounds__(kThreads)
    retreat_reset(Step<T> s, const T* h0, const T* y, const T* gates, const T* shares, T* dh, T* dz) {
  const int64_t units = s.r.units;
  for (int64_t i = first_element(); i < s.r.batch * units; i += element_step()) {
    const int64_t sample = i / units, unit = i % units, at = sample * s.width() + units + unit;
    if (s.r.passes(sample, s.step)) continue;
    const T before = or_zero(state_before(s.r, s.step, sample, h0, y), unit), reset = gates[at];
    const T share = shares[i] * (s.r.scale != nullptr ? s.r.scale[i] : T{1});
    dz[at] = share * before * gate_slope(s.f.gate, reset);
    dh[i] += share * reset;
  }
}

}  // namespace

template <class T>
void gru_cuda(const Recurrence<T>& r, CellActivations f, bool reset_after, T* h, T* y, T* gates, T* memory,
              Stream& stream) {
  Step<T> s{r, f, reset_after, 0};
  const int64_t units = r.units, columns = 3 * units, width = s.width(), rows = r.batch * width;
  const LaunchShape shape{grid_for(r.batch * units), kThreads};
  const Workspace<T> passing(gates == nullptr ? r.steps * rows : 0, stream);
  if (gates == nullptr) gates = passing.data();
  const State<T> state{h, r.scale, units};
  project_inputs(kName, r, columns, width, gates, stream);
  for (; s.step < r.steps; ++s.step) {
    T* const z = gates + s.step * rows;
    if (reset_after)
      multiply<T>(kName, state, Weights<T>{r.recurrent, columns}, StoreShares<T>{z, units},
                  {1, r.batch, columns, units}, stream);
    else
      multiply<T>(kName, state, Weights<T>{r.recurrent, columns}, StoreRows<T>{z, width, true},
                  {1, r.batch, 2 * units, units}, stream);
    launch_kernel(kName, stream, shape, open_gates<T>, s, z, h, memory);
    if (!reset_after)
      multiply<T>(kName, Rows<T>{memory, units}, Weights<T>{r.recurrent + 2 * units, columns},
                  StoreRows<T>{z + 2 * units, width, true}, {1, r.batch, units, units}, stream);
    launch_kernel(kName, stream, shape, advance<T>, s, z, h, y);
  }
}

template <class T>
void gru_grad_cuda(const Recurrence<T>& r, CellActivations f, bool reset_after, const T* h0, const T* y,
                   const T* gates, const T* dy, T* dh, T* dz, T* dx, T* left, T* memory, Stream& stream) {
  Step<T> s{r, f, reset_after, 0};
  const int64_t units = r.units, columns = 3 * units, width = s.width(), rows = r.batch * width;
  const LaunchShape shape{grid_for(r.batch * units), kThreads};
  const WeightsTurned<T> weights{r.recurrent, columns};
  const AddToState<T> add{dh, r.scale, units};
  for (s.step = r.steps; s.step-- > 0;) {
    T* const sums = dz + s.step * rows;
    const T* const own = gates + s.step * rows;
    launch_kernel(kName, stream, shape, retreat<T>, s, h0, y, own, dy, dh, sums);
    if (reset_after) {
      multiply<T>(kName, Shares<T>{sums, units}, weights, add, {1, r.batch, units, columns}, stream);
      continue;
    }
    multiply<T>(kName, Rows<T>{sums + 2 * units, width}, WeightsTurned<T>{r.recurrent + 2 * units, columns},
                StoreRows<T>{memory, units, false}, {1, r.batch, units, units}, stream);
    launch_kernel(kName, stream, shape, retreat_reset<T>, s, h0, y, own, memory, dh, sums);
    multiply<T>(kName, Rows<T>{sums, width}, weights, add, {1, r.batch, units, 2 * units}, stream);
  }
  project_back(kName, r, columns, width, dz, dx, stream);
  keep_factors(kName, r, h0, y, reset_after ? nullptr : gates + units, width, left, stream);
}

template void gru_cuda(const Recurrence<float>&, CellActivations, bool, float*, float*, float*, float*,
                       Stream&);
template void gru_cuda(const Recurrence<double>&, CellActivations, bool, double*, double*, double*, double*,
                       Stream&);
template void gru_grad_cuda(const Recurrence<float>&, CellActivations, bool, const float*, const float*,
                            const float*, const float*, float*, float*, float*, float*, float*, Stream&);
template void gru_grad_cuda(const Recurrence<double>&, CellActivations, bool, const double*, const double*,
                            const double*, const double*, double*, double*, double*, double*, double*,
                            Stream&);

}  // namespace afina
