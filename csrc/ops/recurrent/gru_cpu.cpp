#include "core/isa.h"
#include "ops/recurrent/gate_activations.h"
#include "ops/recurrent/gates.h"
#include "ops/recurrent/products.h"

// Rows of gates are [update z | reset r | candidate g], each `units` wide, as Keras orders the weights; with
// reset_after a fourth part holds the state's share of the candidate, q = h U + its bias.
namespace afina {
namespace {

// The last steps of one sample: g = f(g + bias + r q), or f(g + bias) without q; h = z h + (1 - z) g.
template <Isa, class T>
[[gnu::noinline]] void advance(FusedActivation state, T* gates, const T* bias, const T* q_bias,
                               bool reset_after, T* h, int64_t units) {
  T *const update = gates, *const reset = gates + units, *const candidate = gates + 2 * units,
           *const q = gates + 3 * units;
  visit_gate(state, [&](auto f) {
    each_vector<T>(units, [&](int64_t j, int64_t count) __attribute__((always_inline)) {
      const auto get = [&](const T* p) { return load_lanes(p + j, count); };
      Vec<T> sum = get(candidate);
      if (bias != nullptr) sum += get(bias);
      if (reset_after) {
        const Vec<T> inner = q_bias != nullptr ? get(q) + get(q_bias) : get(q);
        store_lanes(q + j, inner, count);
        sum += get(reset) * inner;
      }
      const Vec<T> g = f.value(sum), z = get(update);
      store_lanes(candidate + j, g, count);
      store_lanes(h + j, z * get(h) + (splat<Vec<T>>(1) - z) * g, count);
    });
  });
}

// From dh: its direct way to the state before (in dh itself), and in dz the gradients of z before its slope
// and of the candidate's sum; with reset_after also those of r before its slope and of q.
template <Isa, class T>
[[gnu::noinline]] void retreat(FusedActivation state, const T* gates, const T* h, bool reset_after, T* dh,
                               T* dz, int64_t units) {
  const T *const update = gates, *const reset = gates + units, *const candidate = gates + 2 * units,
                 *const q = gates + 3 * units;
  visit_gate(state, [&](auto f) {
    each_vector<T>(units, [&](int64_t j, int64_t count) __attribute__((always_inline)) {
      const auto get = [&](const T* p) { return load_lanes(p + j, count); };
      const Vec<T> z = get(update), g = get(candidate), d = get(dh);
      const Vec<T> before = h != nullptr ? get(h) : Vec<T>{};
      const Vec<T> dsum = d * (splat<Vec<T>>(1) - z) * f.slope(g, g);
      store_lanes(dz + j, d * (before - g), count);
      store_lanes(dz + 2 * units + j, dsum, count);
      store_lanes(dh + j, d * z, count);
      if (reset_after) {
        store_lanes(dz + units + j, dsum * get(q), count);
        store_lanes(dz + 3 * units + j, dsum * get(reset), count);
      }
    });
  });
}

// The recurrent kernel in two: of the gates z and r, and of the candidate.
template <Isa I, class T>
struct RecurrentKernel {
  Workspace<T> panels;
  PackedMatrix<T> gates, candidate;

  RecurrentKernel(const Recurrence<T>& r, bool transposed)
      : panels(transposed ? packed_size<T>(2 * r.units, r.units) + packed_size<T>(r.units, r.units)
                          : packed_size<T>(r.units, 2 * r.units) + packed_size<T>(r.units, r.units)) {
    const int64_t n = r.units, step = 3 * n;
    T* const second = panels.data() + (transposed ? packed_size<T>(2 * n, n) : packed_size<T>(n, 2 * n));
    gates = pack_matrix<I>(r.recurrent, step, transposed, transposed ? 2 * n : n, transposed ? n : 2 * n,
                           panels.data());
    candidate = pack_matrix<I>(r.recurrent + 2 * n, step, transposed, n, n, second);
  }
};

}  // namespace

// h (batch, units): the first state on the way in, the last one on the way out.  y (batch, steps, units).
// gates (steps, batch, 4 units with reset_after, else 3 units) are kept for the gradient, or null; memory is
// (batch, units).
template <Isa I, class T>
void gru_cpu(const Recurrence<T>& r, CellActivations f, bool reset_after, T* h, T* y, T* gates, T* memory) {
  const int64_t units = r.units, columns = 3 * units, width = (reset_after ? 4 : 3) * units;
  const RecurrentKernel<I, T> recurrent(r, false);
  const Workspace<T> sums(2 * units);  // the two biases of z and r always meet
  const T* bias = r.bias;
  if (bias != nullptr && reset_after) {
    map_row(r.bias, r.bias + columns, sums.data(), 2 * units, [](Vec<T> a, Vec<T> b) { return a + b; });
    bias = sums.data();
  }
  const T* const g_bias = r.bias != nullptr ? r.bias + 2 * units : nullptr;
  const T* const q_bias = r.bias != nullptr && reset_after ? r.bias + columns + 2 * units : nullptr;
  walk_forward<I>(r, columns, width, gates, [&](const Stretch& s, T* rows) {
    // 1. z and r
    const T* const state = scaled_state(r, s, h, memory);
    multiply_rows<I>(s, state, units, recurrent.gates, rows, width, true);
    for (int64_t i = 0; i < s.rows; ++i)
      if (!r.passes(s.first + i, s.step))
        open_gate<I>(f.gate, rows + i * width, bias, rows + i * width, 2 * units);
    // 2. the state's share of the candidate
    if (reset_after) {
      multiply_rows<I>(s, state, units, recurrent.candidate, rows + 3 * units, width, false);
    } else {
      T* const shortened = memory + s.first * units;
      for (int64_t i = 0; i < s.rows; ++i)
        multiply_row(rows + i * width + units, state + i * units, shortened + i * units, units);
      multiply_rows<I>(s, shortened, units, recurrent.candidate, rows + 2 * units, width, true);
    }
    // 3. the new state
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i;
      T* const now = h + sample * units;
      if (!r.passes(sample, s.step))
        advance<I>(f.state, rows + i * width, g_bias, q_bias, reset_after, now, units);
      copy_run(now, y + (sample * r.steps + s.step) * units, units);
    }
  });
}

// dh (batch, units): the gradient of the last state on the way in, that of the first one on the way out.  dy,
// dx and left may be null; h0 null means zeros; memory is (batch, units).  Rows of dz: the gradients of the
// sums of z, r and g, and with reset_after of q.  Without it, left has r h behind h.
template <Isa I, class T>
void gru_grad_cpu(const Recurrence<T>& r, CellActivations f, bool reset_after, const T* h0, const T* y,
                  const T* gates, const T* dy, T* dh, T* dz, T* dx, T* left, T* memory) {
  const int64_t units = r.units, columns = 3 * units, width = (reset_after ? 4 : 3) * units;
  const Factors<T> factors{left, r.inputs + 1 + (reset_after ? 1 : 2) * units};
  const RecurrentKernel<I, T> transposed(r, true);
  walk_backward<I>(r, columns, width, dz, dx, [&](const Stretch& s, T* rows) {
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i;
      T *const row = rows + i * width, *const d = dh + sample * units;
      if (dy != nullptr) add_row(dy + (sample * r.steps + s.step) * units, d, units);
      const bool passes = r.passes(sample, s.step);
      const T* const before = state_before(r, s.step, sample, h0, y);
      keep_factors(r, s.step, sample, passes, before, factors);
      if (passes) {
        fill_run(row, {}, width);
        continue;
      }
      const T* const gate = gates + (s.step * r.batch + sample) * width;
      retreat<I>(f.state, gate, before, reset_after, d, row, units);
      bend_back<I>(f.gate, gate, row, (reset_after ? 2 : 1) * units);
    }
    T* const sums = memory + s.first * units;
    if (reset_after) {
      multiply_rows<I>(s, rows, width, transposed.gates, sums, units, false);
      multiply_rows<I>(s, rows + columns, width, transposed.candidate, sums, units, true);
      return add_scaled(r, s, sums, dh);
    }
    // The candidate's sum had (r h) U: r gets its share of that, then h.
    multiply_rows<I>(s, rows + 2 * units, width, transposed.candidate, sums, units, false);
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i;
      if (r.passes(sample, s.step)) continue;
      T *const row = rows + i * width + units, *const shares = sums + i * units;
      const T* const gate = gates + (s.step * r.batch + sample) * width + units;
      const T* const before = state_before(r, s.step, sample, h0, y);
      if (before == nullptr)
        fill_run(row, {}, units);
      else
        multiply_row(shares, before, row, units);
      if (r.scale != nullptr) multiply_row(row, r.scale + sample * units, row, units);
      bend_back<I>(f.gate, gate, row, units);
      multiply_row(shares, gate, shares, units);
      if (left != nullptr) {
        T* const h = factors.state(r, s.step, sample);
        multiply_row(h, gate, h + units, units);
      }
    }
    multiply_rows<I>(s, rows, width, transposed.gates, sums, units, true);
    add_scaled(r, s, sums, dh);
  });
}

template void gru_cpu<kIsa, float>(const Recurrence<float>&, CellActivations, bool, float*, float*, float*,
                                   float*);
template void gru_cpu<kIsa, double>(const Recurrence<double>&, CellActivations, bool, double*, double*,
                                    double*, double*);
template void gru_grad_cpu<kIsa, float>(const Recurrence<float>&, CellActivations, bool, const float*,
                                        const float*, const float*, const float*, float*, float*, float*,
                                        float*, float*);
template void gru_grad_cpu<kIsa, double>(const Recurrence<double>&, CellActivations, bool, const double*,
                                         const double*, const double*, const double*, double*, double*,
                                         double*, double*, double*);

}  // namespace afina
