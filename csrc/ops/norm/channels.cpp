#include "ops/norm/channels.h"

#include <cmath>

namespace afina {

void check_parameter(const char* op, const char* name, const std::optional<Tensor>& parameter,
                     const Tensor& x, const Shape& shape) {
  if (!parameter || !parameter->defined()) return;
  if (parameter->shape() != shape)
    fail<ShapeError>(op, name, " must have shape ", shape, " for x of shape ", x.shape(), ", got ",
                     parameter->shape());
  if (parameter->dtype() != x.dtype())
    fail<DTypeError>(op, name, " is ", parameter->dtype(), ", x is ", x.dtype());
}

void check_epsilon(const char* op, double epsilon) {
  if (!(std::isfinite(epsilon) && epsilon >= 0))
    fail<ArgumentError>(op, "epsilon must be finite and not negative, got ", epsilon);
}

}  // namespace afina
