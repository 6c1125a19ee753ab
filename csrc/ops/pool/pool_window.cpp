#include "ops/pool/pool_window.h"

#include "core/error.h"

namespace afina {
namespace {

void check_padding(const char* op, const char* size_name, const WindowAxis& axis) {
  if (axis.before >= axis.kernel || axis.after >= axis.kernel)
    fail<ArgumentError>(op, "padding must be smaller than the window, got ", axis.before, " and ", axis.after,
                        " for a window of ", size_name, " ", axis.kernel);
}

}  // namespace

Window pool_window(const char* op, const Tensor& x, const Pair& pool_size, const std::optional<Pair>& strides,
                   const Padding& padding) {
  const Window window =
      window_over(op, x, checked_pair(op, "pool_size", pool_size), strides.value_or(pool_size), padding);
  check_padding(op, "height", window.rows);
  check_padding(op, "width", window.columns);
  if (!is_floating(x.dtype())) fail<DTypeError>(op, "x needs float32 or float64, got ", x.dtype());
  return window;
}

}  // namespace afina
