#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/tensor.h"
#include "ops/conv/window.h"

// The window arguments of pooling and convolution, as Python writes them.
namespace afina {

using Pair = std::variant<int64_t, std::vector<int64_t>>;  // 2 or (2, 3): rows, columns
using Padding =
    std::variant<std::string, std::vector<std::vector<int64_t>>>;  // or ((top, bottom), (left, right))

// Both sizes, each in [1, 2^31); ArgumentError naming `op` and `argument` otherwise.
std::array<int64_t, 2> checked_pair(const char* op, const char* argument, const Pair& value);

// The windows of a kernel of `kernel` (rows, columns) over x of shape (n, height, width, channels).
// padding: "valid": none;  "same": ceil(input / stride) outputs, the odd cell of padding at the end;
// ((top, bottom), (left, right)): as given.  ShapeError when x is no image or smaller than the window.
Window window_over(const char* op, const Tensor& x, std::array<int64_t, 2> kernel, const Pair& strides,
                   const Padding& padding, const Pair& dilation = int64_t{1});

// The windows of the convolution that a transposed one of x (n, out_h, out_w, channels) undoes, over the
// image that comes out.  padding "valid": (n - 1) stride + max(span, stride) pixels, or with output_padding
// (n - 1) stride + span + output_padding, span = (kernel - 1) dilation + 1; "same": n stride, or (n - 1)
// stride + span % 2 + output_padding (Keras's sizes); ((top, bottom), (left, right)) are cut off the valid
// image.
Window window_under(const char* op, const Tensor& x, std::array<int64_t, 2> kernel, const Pair& strides,
                    const Padding& padding, const std::optional<std::vector<int64_t>>& output_padding,
                    const Pair& dilation);

}  // namespace afina
