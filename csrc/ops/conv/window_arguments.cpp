#include "ops/conv/window_arguments.h"

#include <algorithm>
#include <limits>
#include <sstream>

#include "core/error.h"

namespace afina {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int32_t>::max();  // so that products of two sizes fit

std::string printed(const std::vector<int64_t>& values) {
  std::ostringstream text;
  text << '(';
  for (size_t i = 0; i < values.size(); ++i) text << (i > 0 ? ", " : "") << values[i];
  text << (values.size() == 1 ? ",)" : ")");
  return text.str();
}

std::string printed(const Pair& value) {
  if (const auto* both = std::get_if<int64_t>(&value)) return std::to_string(*both);
  return printed(std::get<std::vector<int64_t>>(value));
}

std::string printed(const std::vector<std::vector<int64_t>>& values) {
  std::string text;
  for (const std::vector<int64_t>& entry : values) text += (text.empty() ? "" : ", ") + printed(entry);
  return "(" + text + (values.size() == 1 ? ",)" : ")");
}

enum class PaddingKind { valid, same, given };

PaddingKind kind_of(const char* op, const Padding& padding) {
  if (const auto* word = std::get_if<std::string>(&padding)) {
    if (*word == "valid") return PaddingKind::valid;
    if (*word == "same") return PaddingKind::same;
    fail<ArgumentError>(op, "padding must be \"valid\", \"same\" or ((top, bottom), (left, right)), got \"",
                        *word, "\"");
  }
  const auto& given = std::get<std::vector<std::vector<int64_t>>>(padding);
  bool fits = given.size() == 2;
  for (const std::vector<int64_t>& axis : given) {
    fits = fits && axis.size() == 2;
    for (const int64_t cells : axis) fits = fits && cells >= 0 && cells <= kLargest;
  }
  if (!fits)
    fail<ArgumentError>(
        op, "padding must be \"valid\", \"same\" or ((top, bottom), (left, right)) with sizes from 0 to ",
        kLargest, ", got ", printed(given));
  return PaddingKind::given;
}

WindowAxis axis_over(const char* op, const char* size_name, int64_t input, int64_t kernel, int64_t stride,
                     int64_t dilation, PaddingKind kind, const std::vector<int64_t>& given) {
  WindowAxis axis{input, kernel, stride, dilation, 0, 0, 0};
  const int64_t span = (kernel - 1) * dilation + 1;
  if (kind == PaddingKind::same) {
    axis.output = (input - 1) / stride + 1;
    const int64_t total = (axis.output - 1) * stride + span - input;
    axis.before = total > 0 ? total / 2 : 0;
    axis.after = total > 0 ? total - axis.before : 0;
    return axis;
  }
  if (kind == PaddingKind::given) {
    axis.before = given[0];
    axis.after = given[1];
  }
  const int64_t padded = input + axis.before + axis.after;
  if (padded < span)
    fail<ShapeError>(op, "a window of ", size_name, " ", span, " does not fit into x, whose ", size_name,
                     " is ", padded, kind == PaddingKind::given ? " with its padding" : "");
  axis.output = (padded - span) / stride + 1;
  return axis;
}

WindowAxis axis_under(const char* op, int64_t output, int64_t kernel, int64_t stride, int64_t dilation,
                      PaddingKind kind, const std::vector<int64_t>& given, int64_t more) {
  const int64_t span = (kernel - 1) * dilation + 1;
  WindowAxis axis{0, kernel, stride, dilation, 0, 0, output};
  if (more >= stride)
    fail<ArgumentError>(op, "output_padding must be less than the stride, ", stride, ", got ", more);
  const int64_t reach = (output - 1) * stride + span;  // what all windows cover
  if (kind == PaddingKind::same) {
    axis.input = more < 0 ? output * stride : (output - 1) * stride + span % 2 + more;
    axis.before = reach > axis.input ? (reach - axis.input) / 2 : 0;
  } else {
    axis.input = more < 0 ? reach + std::max<int64_t>(stride - span, 0) : reach + more;
    if (kind == PaddingKind::given) {
      axis.before = given[0];
      axis.input -= given[0] + given[1];
    }
  }
  axis.after = reach - axis.input - axis.before;
  if (axis.input < 1 || axis.input > kLargest)
    fail<ShapeError>(op, "an axis of ", output, " windows of ", span, " at strides of ", stride,
                     " becomes one of ", axis.input, ", which must be from 1 to ", kLargest);
  return axis;
}

void check_image(const char* op, const Tensor& x, std::array<int64_t, 2> kernel) {
  if (x.rank() != 4) fail<ShapeError>(op, "x needs shape (n, height, width, channels), got ", x.shape());
  if (kernel[0] < 1 || kernel[1] < 1 || kernel[0] > kLargest || kernel[1] > kLargest)
    fail<ShapeError>(op, "a window needs a height and a width from 1 to ", kLargest, ", got ", kernel[0],
                     " and ", kernel[1]);
  const int64_t height = x.dim(1), width = x.dim(2);
  if (height < 1 || width < 1 || height > kLargest || width > kLargest)
    fail<ShapeError>(op, "x needs a height and a width from 1 to ", kLargest, ", got shape ", x.shape());
}

}  // namespace

std::array<int64_t, 2> checked_pair(const char* op, const char* argument, const Pair& value) {
  std::vector<int64_t> sizes;
  if (const auto* both = std::get_if<int64_t>(&value))
    sizes = {*both, *both};
  else
    sizes = std::get<std::vector<int64_t>>(value);
  bool fits = sizes.size() == 2;
  for (const int64_t size : sizes) fits = fits && size >= 1 && size <= kLargest;
  if (!fits)
    fail<ArgumentError>(op, argument, " must be one or two whole numbers from 1 to ", kLargest, ", got ",
                        printed(value));
  return {sizes[0], sizes[1]};
}

Window window_over(const char* op, const Tensor& x, std::array<int64_t, 2> kernel, const Pair& strides,
                   const Padding& padding, const Pair& dilation) {
  const std::array<int64_t, 2> stride = checked_pair(op, "strides", strides);
  const std::array<int64_t, 2> step = checked_pair(op, "dilation", dilation);
  const PaddingKind kind = kind_of(op, padding);
  check_image(op, x, kernel);
  const std::vector<std::vector<int64_t>> none(2);
  const auto& given =
      kind == PaddingKind::given ? std::get<std::vector<std::vector<int64_t>>>(padding) : none;
  return {axis_over(op, "height", x.dim(1), kernel[0], stride[0], step[0], kind, given[0]),
          axis_over(op, "width", x.dim(2), kernel[1], stride[1], step[1], kind, given[1])};
}

Window window_under(const char* op, const Tensor& x, std::array<int64_t, 2> kernel, const Pair& strides,
                    const Padding& padding, const std::optional<std::vector<int64_t>>& output_padding,
                    const Pair& dilation) {
  const std::array<int64_t, 2> stride = checked_pair(op, "strides", strides);
  const std::array<int64_t, 2> step = checked_pair(op, "dilation", dilation);
  const PaddingKind kind = kind_of(op, padding);
  check_image(op, x, kernel);
  std::vector<int64_t> more{-1, -1};
  if (output_padding) {
    more = *output_padding;
    if (more.size() != 2 || more[0] < 0 || more[1] < 0)
      fail<ArgumentError>(op, "output_padding must be two whole numbers from 0, got ", printed(more));
  }
  const std::vector<std::vector<int64_t>> none(2);
  const auto& given =
      kind == PaddingKind::given ? std::get<std::vector<std::vector<int64_t>>>(padding) : none;
  return {axis_under(op, x.dim(1), kernel[0], stride[0], step[0], kind, given[0], more[0]),
          axis_under(op, x.dim(2), kernel[1], stride[1], step[1], kind, given[1], more[1])};
}

}  // namespace afina
