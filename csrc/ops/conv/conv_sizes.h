#pragma once

#include "ops/conv/window.h"

namespace afina {

// What the kernels of a convolution know of their operands: x (batch, height, width, channels), kernel
// (kh, kw, channels / groups, filters), y (batch, out_h, out_w, filters).
struct ConvSizes {
  Window window;
  int64_t batch, channels, filters, groups;

  int64_t height() const { return window.rows.input; }
  int64_t width() const { return window.columns.input; }
  int64_t kh() const { return window.rows.kernel; }
  int64_t kw() const { return window.columns.kernel; }
  int64_t out_h() const { return window.rows.output; }
  int64_t out_w() const { return window.columns.output; }
  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
};

}  // namespace afina
