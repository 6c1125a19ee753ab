#include "core/isa.h"
#include "ops/recurrent/gate_activations.h"
#include "ops/recurrent/gates.h"
#include "ops/recurrent/products.h"

// Rows of gates are [input | forget | candidate | output], each `units` wide, as Keras orders the weights.
namespace afina {
namespace {

// c = forget c_before + input candidate, h = output f(c): one sample's step, its gates open.
template <Isa, class T>
[[gnu::noinline]] void advance(FusedActivation state, const T* gates, T* c, T* kept_c, T* h, int64_t units) {
  const T *input = gates, *forget = gates + units, *candidate = gates + 2 * units,
          *output = gates + 3 * units;
  visit_gate(state, [&](auto f) {
    each_vector<T>(units, [&](int64_t j, int64_t count) __attribute__((always_inline)) {
      const auto get = [&](const T* p) { return load_lanes(p + j, count); };
      const Vec<T> cell = get(forget) * get(c) + get(input) * get(candidate);
      const Vec<T> out = get(output) * f.value(cell);
      store_lanes(c + j, cell, count);
      if (kept_c != nullptr) store_lanes(kept_c + j, cell, count);
      store_lanes(h + j, out, count);
    });
  });
}

// The gradients of the gates' sums but for the slopes of the three gates; dh is used up, dc moves on to the
// step before.
template <Isa, class T>
[[gnu::noinline]] void retreat(FusedActivation state, const T* gates, const T* c, const T* c_before,
                               const T* dh, T* dc, T* dz, int64_t units) {
  const T *input = gates, *forget = gates + units, *candidate = gates + 2 * units,
          *output = gates + 3 * units;
  visit_gate(state, [&](auto f) {
    each_vector<T>(units, [&](int64_t j, int64_t count) __attribute__((always_inline)) {
      const auto get = [&](const T* p) { return load_lanes(p + j, count); };
      const Vec<T> g = get(candidate), i = get(input), bent = f.value(get(c)), d = get(dh);
      const Vec<T> before = c_before != nullptr ? get(c_before) : Vec<T>{};
      const Vec<T> cell = get(dc) + d * get(output) * f.slope(bent, bent);
      store_lanes(dz + j, cell * g, count);
      store_lanes(dz + units + j, cell * before, count);
      store_lanes(dz + 2 * units + j, cell * i * f.slope(g, g), count);
      store_lanes(dz + 3 * units + j, d * bent, count);
      store_lanes(dc + j, cell * get(forget), count);
    });
  });
}

}  // namespace

// h, c (batch, units): the first states on the way in, the last ones on the way out.  y (batch, steps,
// units). gates (steps, batch, 4 units) and cells (steps, batch, units) are kept for the gradient, or null.
template <Isa I, class T>
void lstm_cpu(const Recurrence<T>& r, CellActivations f, T* h, T* c, T* y, T* gates, T* cells) {
  const int64_t units = r.units, width = 4 * units;
  const Workspace<T> panels(packed_size<T>(units, width));
  const Workspace<T> scaled(r.scale != nullptr ? r.batch * units : 0);
  const PackedMatrix<T> recurrent = pack_matrix<I>(r.recurrent, width, false, units, width, panels.data());
  walk_forward<I>(r, width, width, gates, [&](const Stretch& s, T* z) {
    multiply_rows<I>(s, scaled_state(r, s, h, scaled.data()), units, recurrent, z, width, true);
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i;
      T *const row = z + i * width, *const state = h + sample * units, *const cell = c + sample * units;
      T* const kept = cells != nullptr ? cells + (s.step * r.batch + sample) * units : nullptr;
      if (r.passes(sample, s.step)) {
        if (kept != nullptr) copy_run(cell, kept, units);
      } else {
        const T* const bias = r.bias;
        open_gate<I>(f.gate, row, bias, row, 2 * units);
        T *const candidate = row + 2 * units, *const output = row + 3 * units;
        open_gate<I>(f.state, candidate, bias != nullptr ? bias + 2 * units : nullptr, candidate, units);
        open_gate<I>(f.gate, output, bias != nullptr ? bias + 3 * units : nullptr, output, units);
        advance<I>(f.state, row, cell, kept, state, units);
      }
      copy_run(state, y + (sample * r.steps + s.step) * units, units);
    }
  });
}

// dh, dc (batch, units): the gradients of the last states on the way in (zeros where there are none), those
// of the first ones on the way out.  dy, dx and left may be null; c0 null means zeros.
template <Isa I, class T>
void lstm_grad_cpu(const Recurrence<T>& r, CellActivations f, const T* h0, const T* c0, const T* y,
                   const T* gates, const T* cells, const T* dy, T* dh, T* dc, T* dz, T* dx, T* left) {
  const int64_t units = r.units, width = 4 * units;
  const Workspace<T> panels(packed_size<T>(width, units));
  const Workspace<T> scaled(r.scale != nullptr ? r.batch * units : 0);
  const PackedMatrix<T> transposed = pack_matrix<I>(r.recurrent, width, true, width, units, panels.data());
  walk_backward<I>(r, width, width, dz, dx, [&](const Stretch& s, T* rows) {
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i, at = s.step * r.batch + sample;
      T *const row = rows + i * width, *const d = dh + sample * units, *const dcell = dc + sample * units;
      if (dy != nullptr) add_row(dy + (sample * r.steps + s.step) * units, d, units);
      const bool passes = r.passes(sample, s.step);
      keep_factors(r, s.step, sample, passes, state_before(r, s.step, sample, h0, y),
                   Factors<T>{left, r.inputs + 1 + units});
      if (passes) {
        fill_run(row, {}, width);
        continue;
      }
      const T* const gate = gates + at * width;
      const T* const before = s.step > 0      ? cells + (at - r.batch) * units
                              : c0 == nullptr ? nullptr
                                              : c0 + sample * units;
      retreat<I>(f.state, gate, cells + at * units, before, d, dcell, row, units);
      bend_back<I>(f.gate, gate, row, 2 * units);
      bend_back<I>(f.gate, gate + 3 * units, row + 3 * units, units);
      fill_run(d, {}, units);
    }
    add_product<I>(r, s, transposed, rows, width, dh, scaled.data());
  });
}

template void lstm_cpu<kIsa, float>(const Recurrence<float>&, CellActivations, float*, float*, float*, float*,
                                    float*);
template void lstm_cpu<kIsa, double>(const Recurrence<double>&, CellActivations, double*, double*, double*,
                                     double*, double*);
template void lstm_grad_cpu<kIsa, float>(const Recurrence<float>&, CellActivations, const float*,
                                         const float*, const float*, const float*, const float*, const float*,
                                         float*, float*, float*, float*, float*);
template void lstm_grad_cpu<kIsa, double>(const Recurrence<double>&, CellActivations, const double*,
                                          const double*, const double*, const double*, const double*,
                                          const double*, double*, double*, double*, double*, double*);

}  // namespace afina
