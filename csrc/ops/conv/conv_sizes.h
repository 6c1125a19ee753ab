#pragma once

#include "ops/conv/window.h"

namespace afina {

// What the kernels of a convolution know of their operands: x (batch, height, width, channels), kernel
// (kh, kw, channels / groups, filters), y (batch, out_h, out_w, filters).
struct ConvSizes {
  Window window;
  int64_t batch, channels, filters, groups;

  KERNEL_INLINE int64_t height() const { return window.rows.input; }
  KERNEL_INLINE int64_t width() const { return window.columns.input; }
  KERNEL_INLINE int64_t kh() const { return window.rows.kernel; }
  KERNEL_INLINE int64_t kw() const { return window.columns.kernel; }
  KERNEL_INLINE int64_t out_h() const { return window.rows.output; }
  KERNEL_INLINE int64_t out_w() const { return window.columns.output; }
  KERNEL_INLINE int64_t group_channels() const { return channels / groups; }
  KERNEL_INLINE int64_t group_filters() const { return filters / groups; }
};

}  // namespace afina
