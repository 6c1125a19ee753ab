#pragma once

#include <cstdint>

#include "core/inline.h"

// Where the windows of a pooling or a convolution lie.  Safe to include from a kernel file;
// window_arguments.h turns what the caller wrote into one of these, checked: sizes are small enough for all
// sums and products below.
namespace afina {

// Positions [begin, end) on one axis; empty when end <= begin.
struct Span {
  int64_t begin, end;
};

// One axis: output o looks at input positions o * stride - before + t * dilation for the taps t in [0,
// kernel); positions outside [0, input) are padding.  A negative `before` skips positions.
struct WindowAxis {
  int64_t input, kernel, stride, dilation, before, after, output;

  KERNEL_INLINE int64_t origin(int64_t o) const { return o * stride - before; }  // of tap 0

  // The taps of output o that lie inside the input.
  KERNEL_INLINE Span taps_inside(int64_t o) const {
    const int64_t at = origin(o), room = input - at;
    const int64_t begin = at >= 0 ? 0 : (dilation - 1 - at) / dilation;
    const int64_t fit = room <= 0 ? 0 : dilation == 1 ? room : (room - 1) / dilation + 1;
    return {begin, fit < kernel ? fit : kernel};
  }

  // The outputs whose windows span position i.  (With a dilation some of them step over it.)
  KERNEL_INLINE Span outputs_over(int64_t i) const {
    const int64_t reach = (kernel - 1) * dilation, at = i + before;
    const int64_t begin = at <= reach ? 0 : (at - reach + stride - 1) / stride;
    const int64_t end = at / stride + 1;
    return {begin, end < output ? end : output};
  }

  // How many positions the next output looks at and this one does not; at most as many as there are.
  KERNEL_INLINE int64_t new_positions() const {
    const int64_t fewer = stride < kernel ? stride : kernel;
    return fewer < input ? fewer : input;
  }

  // Moves the outputs over position i - 1 on to those over i.
  KERNEL_INLINE void slide(Span& outputs, int64_t i) const {
    while (origin(outputs.begin) + (kernel - 1) * dilation < i) ++outputs.begin;
    while (outputs.end < output && origin(outputs.end) <= i) ++outputs.end;
  }

  // The outputs all of whose taps lie inside the input.
  KERNEL_INLINE Span outputs_inside() const {
    const int64_t begin = before <= 0 ? 0 : (before - 1) / stride + 1;
    const int64_t last = input - 1 - (kernel - 1) * dilation + before;
    const int64_t end = last < 0 ? 0 : last / stride + 1;
    return {begin < output ? begin : output, end < output ? end : output};
  }
};

// Asks for what the next row of outputs reads and this one does not, for the output whose window begins at
// `corner`: the windows jump from row to row in steps that the processor's own prefetching does not follow.
template <class T>
KERNEL_INLINE void prefetch_next_row(const T* corner, int64_t row_size, int64_t channels,
                                     const WindowAxis& rows, const WindowAxis& columns) {
  const int64_t new_rows = rows.new_positions(), new_columns = columns.new_positions();
  const T* row = corner + (rows.stride + (rows.kernel - new_rows) * rows.dilation) * row_size;
  for (int64_t r = 0; r < new_rows; ++r, row += rows.dilation * row_size)
    for (int64_t s = 0; s < new_columns; ++s) __builtin_prefetch(row + s * channels);
}

struct Window {
  WindowAxis rows, columns;
};

}  // namespace afina
