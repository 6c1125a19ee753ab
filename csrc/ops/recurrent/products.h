#pragma once

#include "cpu/rows.h"
#include "ops/recurrent/walk.h"

// What a cell does with the rows of one step besides its own arithmetic.
namespace afina {

template <class T>
KERNEL_INLINE void copy_row(const T* from, T* to, int64_t n) {
  map_row(from, to, n, [](Vec<T> v) { return v; });
}
template <class T>
KERNEL_INLINE void clear_row(T* row, int64_t n) {
  map_row(row, row, n, [](Vec<T>) { return Vec<T>{}; });
}
template <class T>
KERNEL_INLINE void add_row(const T* from, T* to, int64_t n) {
  map_row(from, to, to, n, [](Vec<T> a, Vec<T> b) { return a + b; });
}
template <class T>
KERNEL_INLINE void multiply_row(const T* a, const T* b, T* to, int64_t n) {
  map_row(a, b, to, n, [](Vec<T> v, Vec<T> w) { return v * w; });
}

// z += h U for the rows of a step (h (batch, units), scaled on the way); `scaled` is memory for that.
template <Isa I, class T>
KERNEL_INLINE void multiply_state(const Recurrence<T>& r, const Stretch& s, const PackedMatrix<T>& recurrent,
                                  const T* h, T* scaled, T* z, int64_t width, bool accumulate = true) {
  const int64_t at = s.first * r.units;
  const T* state = h + at;
  if (r.scale != nullptr) {
    multiply_row(state, r.scale + at, scaled + at, s.rows * r.units);
    state = scaled + at;
  }
  RowList<T> list;
  for (int64_t i = 0; i < s.rows; ++i) list.add(state + i * r.units, i * width);
  list.template multiply<I>(recurrent, z, accumulate);
}

// dh += (dz U^T) scale for the rows of a step; rows of dz are `width` apart.
template <Isa I, class T>
KERNEL_INLINE void add_product(const Recurrence<T>& r, const Stretch& s, const PackedMatrix<T>& transposed,
                               const T* dz, int64_t width, T* dh, T* scaled) {
  const int64_t at = s.first * r.units;
  RowList<T> list;
  for (int64_t i = 0; i < s.rows; ++i) list.add(dz + i * width, i * r.units);
  if (r.scale == nullptr) return list.template multiply<I>(transposed, dh + at, true);
  list.template multiply<I>(transposed, scaled + at, false);
  multiply_row(scaled + at, r.scale + at, scaled + at, s.rows * r.units);
  add_row(scaled + at, dh + at, s.rows * r.units);
}

// The factors that were multiplied by the weights, [x_t | 1 | h_before], as a row of `left` (steps, batch,
// left_width): the gradients of the weights are then products with dz over all steps at once, and the 1 gives
// that of the bias.  Rows of a step that passes are 0, so that nothing of a masked input gets through.
template <class T>
KERNEL_INLINE int64_t left_width(const Recurrence<T>& r) {
  return r.inputs + 1 + r.units;
}
template <class T>
KERNEL_INLINE void keep_factors(const Recurrence<T>& r, int64_t step, int64_t sample, bool passes,
                                const T* h0, const T* y, T* left) {
  if (left == nullptr) return;
  T* const row = left + (step * r.batch + sample) * left_width(r);
  if (passes) return clear_row(row, left_width(r));
  T* const h = row + r.inputs + 1;
  copy_row(r.x + (sample * r.steps + r.time(step)) * r.inputs, row, r.inputs);
  row[r.inputs] = T{1};
  const T* const before = step > 0        ? y + (sample * r.steps + step - 1) * r.units
                          : h0 != nullptr ? h0 + sample * r.units
                                          : nullptr;
  if (before == nullptr)
    clear_row(h, r.units);
  else if (r.scale != nullptr)
    multiply_row(before, r.scale + sample * r.units, h, r.units);
  else
    copy_row(before, h, r.units);
}

}  // namespace afina
