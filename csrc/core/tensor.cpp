#include "core/tensor.h"

#include <algorithm>
#include <cstring>

#include "core/node.h"

namespace afina {

Tensor::Tensor(StoragePtr storage, int64_t offset_bytes, const Shape& shape, DType dtype)
    : body_(new TensorBody) {
  body_->storage = std::move(storage);
  body_->offset_bytes = offset_bytes;
  body_->shape = shape;
  body_->size = shape.size();
  body_->dtype = dtype;
}

void dispose(TensorBody* body) noexcept { delete body; }

void Tensor::set_requires_grad(bool wanted) {
  if (!is_leaf())
    fail<GradientError>("requires_grad", "this tensor is the result of '", node()->name(),
                        "'; only leaves can be told; use detach() first");
  if (wanted && !is_floating(dtype()))
    fail<DTypeError>("requires_grad", "only float32 and float64 tensors have gradients, this one is ",
                     dtype());
  body_->requires_grad = wanted;
}

void Tensor::set_grad(Tensor grad) {
  if (grad.defined() && (grad.shape() != shape() || grad.dtype() != dtype()))
    fail<ShapeError>("grad", "the gradient of a ", dtype(), " tensor of shape ", shape(), " cannot be ",
                     grad.dtype(), " of shape ", grad.shape());
  body_->grad = std::move(grad);
}

Tensor empty(const Shape& shape, DType dtype, Device device) {
  return Tensor(allocate_storage(static_cast<size_t>(shape.size()) * size_of(dtype), device), 0, shape,
                dtype);
}

Tensor empty_like(const Tensor& x) { return empty(x.shape(), x.dtype(), x.device()); }

Tensor zeros(const Shape& shape, DType dtype, Device device) {
  Tensor x = empty(shape, dtype, device);
  std::memset(x.raw(), 0, x.bytes());
  return x;
}

Tensor full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor x = empty(shape, dtype, device);
  visit_any(dtype, [&]<class T>() { std::fill_n(x.data<T>(), x.size(), static_cast<T>(value)); });
  return x;
}

Tensor scalar(double value, DType dtype, Device device) { return full(Shape{}, value, dtype, device); }

Tensor viewed(const Tensor& x, const Shape& shape) {
  return Tensor(x.storage(), x.offset_bytes(), shape, x.dtype());
}

Tensor detached(const Tensor& x) { return viewed(x, x.shape()); }

Tensor copied(const Tensor& x) {
  Tensor y = empty_like(x);
  std::memcpy(y.raw(), x.raw(), x.bytes());
  return y;
}

void copy_into(Tensor& target, const Tensor& source) {
  if (target.shape() != source.shape() || target.dtype() != source.dtype())
    fail<ShapeError>("copy_", "cannot put ", source.dtype(), " of shape ", source.shape(), " into ",
                     target.dtype(), " of shape ", target.shape());
  if (!target.storage()->writable) fail<ArgumentError>("copy_", "the target's memory is read-only");
  std::memmove(target.raw(), source.raw(), source.bytes());
}

}  // namespace afina
