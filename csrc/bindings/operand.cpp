#include "bindings/operand.h"

#include <cmath>

#include "core/error.h"

namespace afina {
namespace {

// The number with the dtype of the tensor it meets.
Tensor number_like(const char* op, const Operand& number, const Tensor& x) {
  const DType dtype = x.dtype();
  if (is_floating(dtype)) return scalar(number.number, dtype, x.device());
  if (!number.whole && number.number != std::trunc(number.number))
    fail<DTypeError>(op, "cannot combine ", dtype, " with the fraction ", number.number,
                     "; cast the tensor first");
  Tensor y = empty({}, dtype, x.device());
  const int64_t value = number.whole ? number.integer : static_cast<int64_t>(number.number);
  visit_any(dtype, [&]<class T>() {
    if (static_cast<int64_t>(static_cast<T>(value)) != value)
      fail<DTypeError>(op, "the number ", value, " does not fit ", dtype, "; cast the tensor first");
    const T element = static_cast<T>(value);
    fill(y, &element);
  });
  return y;
}

Tensor number_alone(const Operand& number, bool whole) {
  if (!whole) return scalar(number.number, DType::float32, current_device());
  Tensor y = empty({}, DType::int64, current_device());
  fill(y, &number.integer);
  return y;
}

}  // namespace

std::pair<Tensor, Tensor> operand_tensors(const char* op, const Operand& a, const Operand& b) {
  if (a.tensor.defined() && b.tensor.defined()) return {a.tensor, b.tensor};
  if (a.tensor.defined()) return {a.tensor, number_like(op, b, a.tensor)};
  if (b.tensor.defined()) return {number_like(op, a, b.tensor), b.tensor};
  const bool whole = a.whole && b.whole;
  return {number_alone(a, whole), number_alone(b, whole)};
}

}  // namespace afina
