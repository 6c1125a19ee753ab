#pragma once

#include "cpu/copy.h"
#include "cpu/rows.h"
#include "ops/recurrent/walk.h"

// What a cell does with the rows of one step besides its own arithmetic.
namespace afina {

template <class T>
KERNEL_INLINE void add_row(const T* from, T* to, int64_t n) {
  map_row(from, to, to, n, [](Vec<T> a, Vec<T> b) { return a + b; });
}
template <class T>
KERNEL_INLINE void multiply_row(const T* a, const T* b, T* to, int64_t n) {
  map_row(a, b, to, n, [](Vec<T> v, Vec<T> w) { return v * w; });
}

// The rows of a step of the state h (batch, units) as they are multiplied: h itself, or h scale in `scaled`.
template <class T>
KERNEL_INLINE const T* scaled_state(const Recurrence<T>& r, const Stretch& s, const T* h, T* scaled) {
  const int64_t at = s.first * r.units;
  if (r.scale == nullptr) return h + at;
  multiply_row(h + at, r.scale + at, scaled + at, s.rows * r.units);
  return scaled + at;
}

// to (+)= from B for the rows of a step, `from_step` and `to_step` apart.
template <Isa I, class T>
KERNEL_INLINE void multiply_rows(const Stretch& s, const T* from, int64_t from_step, const PackedMatrix<T>& b,
                                 T* to, int64_t to_step, bool accumulate) {
  RowList<T> list;
  for (int64_t i = 0; i < s.rows; ++i) list.add(from + i * from_step, i * to_step);
  list.template multiply<I>(b, to, accumulate);
}

// dh += products scale for the rows of a step.
template <class T>
KERNEL_INLINE void add_scaled(const Recurrence<T>& r, const Stretch& s, T* products, T* dh) {
  const int64_t at = s.first * r.units, n = s.rows * r.units;
  if (r.scale != nullptr) multiply_row(products, r.scale + at, products, n);
  add_row(products, dh + at, n);
}

// dh += (dz U^T) scale; rows of dz are `width` apart, `scaled` (batch, units) is memory.
template <Isa I, class T>
KERNEL_INLINE void add_product(const Recurrence<T>& r, const Stretch& s, const PackedMatrix<T>& transposed,
                               const T* dz, int64_t width, T* dh, T* scaled) {
  const int64_t at = s.first * r.units;
  if (r.scale == nullptr) return multiply_rows<I>(s, dz, width, transposed, dh + at, r.units, true);
  multiply_rows<I>(s, dz, width, transposed, scaled + at, r.units, false);
  add_scaled(r, s, scaled + at, dh);
}

// Where the factors that the weights were multiplied by are kept, [x_t | 1 | h] for every step and sample and
// whatever a cell adds: the gradients of the weights are then products with dz over all steps at once, and
// the 1 gives that of the bias.  `rows` (steps, batch, width) may be null.
template <class T>
struct Factors {
  T* rows;
  int64_t width;

  KERNEL_INLINE T* row(const Recurrence<T>& r, int64_t step, int64_t sample) const {
    return rows + (step * r.batch + sample) * width;
  }
  KERNEL_INLINE T* state(const Recurrence<T>& r, int64_t step, int64_t sample) const {
    return row(r, step, sample) + r.inputs + 1;
  }
};

// Fills in one row; of a step that passes it is 0, so that nothing of a masked input gets through.
template <class T>
KERNEL_INLINE void keep_factors(const Recurrence<T>& r, int64_t step, int64_t sample, bool passes,
                                const T* before, const Factors<T>& left) {
  if (left.rows == nullptr) return;
  T* const row = left.row(r, step, sample);
  T* const h = left.state(r, step, sample);
  if (passes) return fill_run(row, {}, left.width);
  copy_run(r.x + (sample * r.steps + r.time(step)) * r.inputs, row, r.inputs);
  row[r.inputs] = T{1};
  if (before == nullptr)
    fill_run(h, {}, r.units);
  else if (r.scale != nullptr)
    multiply_row(before, r.scale + sample * r.units, h, r.units);
  else
    copy_run(before, h, r.units);
}

}  // namespace afina
