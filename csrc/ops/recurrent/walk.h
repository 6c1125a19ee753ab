#pragma once

#include "cpu/gemm/packed.h"
#include "cpu/parallel.h"
#include "cpu/workspace.h"
#include "ops/recurrent/recurrence.h"

// The walk over time that LSTM, GRU and the simple RNN share.  Samples do not meet, so each block of samples
// goes through the whole sequence on one thread: a single parallel region, whose blocks depend on the shape
// alone.  Inside, the inputs of a few steps are multiplied by the kernel at once, and each step then only
// multiplies the state, with weights that were packed before the region.
//
// What is kept for the gradient has time first, (steps, batch, ...): the rows of a block's step lie together.
namespace afina {

// Samples [first, first + rows) at one step.
struct Stretch {
  int64_t step, first, rows;
};

namespace detail {

inline constexpr int64_t kWantedBlocks = 8;  // as many threads stay busy
inline constexpr int64_t kFewestSamples = 8, kMostSamples = 48;
inline constexpr int64_t kProjectedRows = 96;  // samples x steps whose inputs are multiplied at once

struct SampleBlocks {
  int64_t count, rows;

  KERNEL_INLINE explicit SampleBlocks(int64_t batch) {
    const int64_t even = (batch + kWantedBlocks - 1) / kWantedBlocks;
    rows = even < kFewestSamples ? kFewestSamples : even > kMostSamples ? kMostSamples : even;
    if (rows > batch) rows = batch < 1 ? 1 : batch;
    count = (batch + rows - 1) / rows;
  }
  KERNEL_INLINE int64_t first(int64_t block) const { return block * rows; }
  KERNEL_INLINE int64_t size(int64_t block, int64_t batch) const {
    return first(block) + rows < batch ? rows : batch - first(block);
  }
  KERNEL_INLINE int64_t window() const { return kProjectedRows / rows; }  // steps
};

}  // namespace detail

// Multiplies rows of A listed one by one.
template <class T>
struct RowList {
  const T* a[detail::kProjectedRows];
  int64_t c[detail::kProjectedRows];
  int64_t count = 0;

  KERNEL_INLINE void add(const T* from, int64_t to) {
    a[count] = from;
    c[count++] = to;
  }
  template <Isa I>
  KERNEL_INLINE void multiply(const PackedMatrix<T>& b, T* to, bool accumulate) const {
    multiply_packed<I>(count, a, b, to, c, accumulate);
  }
};

// step(stretch, z) for every step of every block in its turn; row i of z, z + i * width, begins with
// x_t kernel (`columns` of them).  z is part of `saved` (steps, batch, width), or of memory that is used
// again when saved is null.
template <Isa I, class T, class Step>
KERNEL_INLINE void walk_forward(const Recurrence<T>& r, int64_t columns, int64_t width, T* saved,
                                const Step& step) {
  const detail::SampleBlocks blocks(r.batch);
  const int64_t window = blocks.window();
  const Workspace<T> panels(packed_size<T>(r.inputs, columns));
  const PackedMatrix<T> kernel = pack_matrix<I>(r.kernel, columns, false, r.inputs, columns, panels.data());
  const Workspace<T> passing(saved == nullptr ? blocks.count * window * blocks.rows * width : 0);
  parallel_chunks(blocks.count, [&](int64_t block) {
    const int64_t first = blocks.first(block), rows = blocks.size(block, r.batch);
    const int64_t z_step = saved != nullptr ? r.batch * width : rows * width;
    for (int64_t begin = 0; begin < r.steps; begin += window) {
      const int64_t end = begin + window < r.steps ? begin + window : r.steps;
      T* const z = saved != nullptr ? saved + (begin * r.batch + first) * width
                                    : passing.data() + block * window * blocks.rows * width;
      RowList<T> list;
      for (int64_t t = begin; t < end; ++t)
        for (int64_t i = 0; i < rows; ++i)
          list.add(r.x + ((first + i) * r.steps + r.time(t)) * r.inputs, (t - begin) * z_step + i * width);
      list.template multiply<I>(kernel, z, false);
      for (int64_t t = begin; t < end; ++t) step(Stretch{t, first, rows}, z + (t - begin) * z_step);
    }
  });
}

// step(stretch, dz) for every step of every block, the last one first; it fills in the rows of dz (steps,
// batch, width), whose first `columns` are the gradient of x_t kernel.  Then dx = dz kernel^T (dx may be
// null).
template <Isa I, class T, class Step>
KERNEL_INLINE void walk_backward(const Recurrence<T>& r, int64_t columns, int64_t width, T* dz, T* dx,
                                 const Step& step) {
  const detail::SampleBlocks blocks(r.batch);
  const int64_t window = blocks.window();
  const Workspace<T> panels(dx != nullptr ? packed_size<T>(columns, r.inputs) : 0);
  PackedMatrix<T> transposed{};
  if (dx != nullptr) transposed = pack_matrix<I>(r.kernel, columns, true, columns, r.inputs, panels.data());
  parallel_chunks(blocks.count, [&](int64_t block) {
    const int64_t first = blocks.first(block), rows = blocks.size(block, r.batch);
    for (int64_t end = r.steps; end > 0; end -= window) {
      const int64_t begin = end > window ? end - window : 0;
      RowList<T> list;
      for (int64_t t = end; t-- > begin;) {
        T* const rows_of_dz = dz + (t * r.batch + first) * width;
        step(Stretch{t, first, rows}, rows_of_dz);
        for (int64_t i = 0; i < rows; ++i)
          list.add(rows_of_dz + i * width, ((first + i) * r.steps + r.time(t)) * r.inputs);
      }
      if (dx != nullptr) list.template multiply<I>(transposed, dx, false);
    }
  });
}

}  // namespace afina
