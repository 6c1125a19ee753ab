#include "core/isa.h"
#include "ops/recurrent/gates.h"
#include "ops/recurrent/products.h"

namespace afina {

// h (batch, units): the first state on the way in, the last one on the way out.  y (batch, steps, units).
template <Isa I, class T>
void simple_rnn_cpu(const Recurrence<T>& r, FusedActivation f, T* h, T* y) {
  const int64_t units = r.units;
  const Workspace<T> panels(packed_size<T>(units, units));
  const Workspace<T> scaled(r.scale != nullptr ? r.batch * units : 0);
  const PackedMatrix<T> recurrent = pack_matrix<I>(r.recurrent, units, false, units, units, panels.data());
  walk_forward<I>(r, units, units, static_cast<T*>(nullptr), [&](const Stretch& s, T* z) {
    multiply_rows<I>(s, scaled_state(r, s, h, scaled.data()), units, recurrent, z, units, true);
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i;
      T *const row = z + i * units, *const state = h + sample * units;
      if (!r.passes(sample, s.step)) open_gate<I>(f, row, r.bias, state, units);
      copy_run(state, y + (sample * r.steps + s.step) * units, units);
    }
  });
}

// dh (batch, units): the gradient of the last state on the way in, that of the first one on the way out.  dy,
// dx and left may be null; h0 null means zeros.
template <Isa I, class T>
void simple_rnn_grad_cpu(const Recurrence<T>& r, FusedActivation f, const T* h0, const T* y, const T* dy,
                         T* dh, T* dz, T* dx, T* left) {
  const int64_t units = r.units;
  const Factors<T> factors{left, r.inputs + 1 + units};
  const Workspace<T> panels(packed_size<T>(units, units));
  const Workspace<T> scaled(r.scale != nullptr ? r.batch * units : 0);
  const PackedMatrix<T> transposed = pack_matrix<I>(r.recurrent, units, true, units, units, panels.data());
  walk_backward<I>(r, units, units, dz, dx, [&](const Stretch& s, T* rows) {
    for (int64_t i = 0; i < s.rows; ++i) {
      const int64_t sample = s.first + i, at = (sample * r.steps + s.step) * units;
      T *const row = rows + i * units, *const d = dh + sample * units;
      if (dy != nullptr) add_row(dy + at, d, units);
      const bool passes = r.passes(sample, s.step);
      keep_factors(r, s.step, sample, passes, state_before(r, s.step, sample, h0, y), factors);
      if (passes) {
        fill_run(row, {}, units);
        continue;
      }
      copy_run(d, row, units);
      bend_back<I>(f, y + at, row, units);
      fill_run(d, {}, units);
    }
    add_product<I>(r, s, transposed, rows, units, dh, scaled.data());
  });
}

template void simple_rnn_cpu<kIsa, float>(const Recurrence<float>&, FusedActivation, float*, float*);
template void simple_rnn_cpu<kIsa, double>(const Recurrence<double>&, FusedActivation, double*, double*);
template void simple_rnn_grad_cpu<kIsa, float>(const Recurrence<float>&, FusedActivation, const float*,
                                               const float*, const float*, float*, float*, float*, float*);
template void simple_rnn_grad_cpu<kIsa, double>(const Recurrence<double>&, FusedActivation, const double*,
                                                const double*, const double*, double*, double*, double*,
                                                double*);

}  // namespace afina
