#pragma once

#include <cstdint>

#include "cpu/inline.h"

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

  // The outputs all of whose taps lie inside the input.
  KERNEL_INLINE Span outputs_inside() const {
    const int64_t begin = before <= 0 ? 0 : (before - 1) / stride + 1;
    const int64_t last = input - 1 - (kernel - 1) * dilation + before;
    const int64_t end = last < 0 ? 0 : last / stride + 1;
    return {begin < output ? begin : output, end < output ? end : output};
  }
};

struct Window {
  WindowAxis rows, columns;
};

}  // namespace afina
