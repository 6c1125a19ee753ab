#include "core/tensor.h"

#include <cstring>

#include "core/capture.h"
#include "core/cuda.h"
#include "core/isa.h"
#include "core/node.h"

namespace afina {

template <Isa>
void copy_cpu(const uint8_t* from, uint8_t* to, int64_t bytes);
template <Isa, class Word>
void fill_cpu(Word* to, Word value, int64_t n);

namespace {

std::atomic<uint64_t> moves{0};

// Between any two devices; the tensors have one size.
void copy_now(const Tensor& target, const Tensor& source) {
  if constexpr (kHasCuda) {
    const Device to = target.device(), from = source.device();
    const size_t bytes = source.bytes();
    if (!to.is_cpu() && !from.is_cpu() && to != from) {  // by way of the host
      const Tensor host = copied(source, Device{});
      return copy_to_cuda(target.raw(), to, host.raw(), bytes);
    }
    if (!to.is_cpu() && !from.is_cpu()) {
      const DeviceTurn turn(to);
      return copy_within_cuda(target.raw(), source.raw(), to, bytes);
    }
    if (!to.is_cpu()) return copy_to_cuda(target.raw(), to, source.raw(), bytes);
    if (!from.is_cpu()) return copy_from_cuda(target.raw(), source.raw(), from, bytes);
  }
  uint8_t* const to = static_cast<uint8_t*>(target.raw());
  const uint8_t* const from = static_cast<const uint8_t*>(source.raw());
  const auto bytes = static_cast<int64_t>(source.bytes());
  if (to < from + bytes && from < to + bytes)  // views of one memory
    std::memmove(to, from, source.bytes());
  else
    visit_isa(best_isa(), [=]<Isa I>() { copy_cpu<I>(from, to, bytes); });
}

void copy_bytes(const Tensor& target, const Tensor& source) {
  const bool one_device = target.device() == source.device();
  repeatable([=] { copy_now(target, source); }, one_device ? target.device() : Device{});
}

void fill_now(const Tensor& x, uint64_t bits) {
  if constexpr (kHasCuda) {
    if (!x.device().is_cpu()) {
      fill_cuda(x.raw(), x.device(), &bits, size_of(x.dtype()), x.size());
      return;
    }
  }
  const auto fill_words = [&]<class Word>() {
    visit_isa(best_isa(),
              [&]<Isa I>() { fill_cpu<I>(static_cast<Word*>(x.raw()), static_cast<Word>(bits), x.size()); });
  };
  switch (size_of(x.dtype())) {
    case 1: return fill_words.operator()<uint8_t>();
    case 4: return fill_words.operator()<uint32_t>();
    default: return fill_words.operator()<uint64_t>();
  }
}

}  // namespace

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
  if (grad.defined() && grad.device() != device())
    fail<DeviceError>("grad", "the tensor is on ", device(), ", the gradient on ", grad.device());
  body_->grad = std::move(grad);
}

Tensor empty(const Shape& shape, DType dtype, Device device) {
  return Tensor(allocate_storage(static_cast<size_t>(shape.size()) * size_of(dtype), device), 0, shape,
                dtype);
}

Tensor empty_like(const Tensor& x) { return empty(x.shape(), x.dtype(), x.device()); }

Tensor zeros(const Shape& shape, DType dtype, Device device) {
  Tensor x = empty(shape, dtype, device);
  const uint64_t zero = 0;  // as many of its bytes as the dtype has
  fill(x, &zero);
  return x;
}

Tensor full(const Shape& shape, double value, DType dtype, Device device) {
  Tensor x = empty(shape, dtype, device);
  visit_any(dtype, [&]<class T>() {
    const T element = static_cast<T>(value);
    fill(x, &element);
  });
  return x;
}

Tensor scalar(double value, DType dtype, Device device) { return full(Shape{}, value, dtype, device); }

Tensor viewed(const Tensor& x, const Shape& shape) {
  return Tensor(x.storage(), x.offset_bytes(), shape, x.dtype());
}

Tensor detached(const Tensor& x) { return viewed(x, x.shape()); }

void fill(Tensor& x, const void* element) {
  uint64_t bits = 0;
  std::memcpy(&bits, element, size_of(x.dtype()));
  repeatable([=] { fill_now(x, bits); }, x.device());
}

Tensor copied(const Tensor& x, Device device) {
  Tensor y = empty(x.shape(), x.dtype(), device);
  copy_bytes(y, x);
  return y;
}

void move_to(Tensor& x, Device device) {
  if (!x.is_leaf())
    fail<GradientError>("to_", "this tensor is the result of '", x.node()->name(),
                        "'; only leaves can be moved, use to()");
  refuse_capture("to_() moves a tensor to another device");
  moves.fetch_add(1, std::memory_order_relaxed);
  for (const Tensor& moved : {x, x.grad()}) {
    if (!moved.defined() || moved.device() == device) continue;
    TensorBody& body = *moved.body();
    body.storage = copied(moved, device).storage();
    body.offset_bytes = 0;
  }
}

uint64_t moves_so_far() { return moves.load(std::memory_order_relaxed); }

Tensor copied(const Tensor& x) { return copied(x, x.device()); }

void copy_into(Tensor& target, const Tensor& source) {
  if (target.shape() != source.shape() || target.dtype() != source.dtype())
    fail<ShapeError>("copy_", "cannot put ", source.dtype(), " of shape ", source.shape(), " into ",
                     target.dtype(), " of shape ", target.shape());
  if (!target.storage()->writable) fail<ArgumentError>("copy_", "the target's memory is read-only");
  copy_bytes(target, source);
}

}  // namespace afina
