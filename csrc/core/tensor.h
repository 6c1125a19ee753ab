#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/device.h"
#include "core/dtype.h"
#include "core/intrusive.h"
#include "core/shape.h"
#include "core/storage.h"

namespace afina {

class Node;
void dispose(Node* node) noexcept;
using NodePtr = Intrusive<Node>;

struct TensorBody;
void dispose(TensorBody* body) noexcept;

// Notes the array of every handle that is copied on this thread while it lives: what a closure holds.
class HandleLog {
 public:
  explicit HandleLog(std::vector<TensorBody*>& handles) { current = &handles; }
  ~HandleLog() { current = nullptr; }
  HandleLog(const HandleLog&) = delete;
  HandleLog& operator=(const HandleLog&) = delete;

  static inline thread_local constinit std::vector<TensorBody*>* current = nullptr;
};

// A handle to an n-dimensional array.  Elements are always contiguous and row-major: kernels never see
// strides, a reshape shares the storage, a transpose or a slice copies.  Copying a handle shares the array.
class Tensor {
 public:
  Tensor() = default;  // no array: "no gradient needed", "no bias"
  Tensor(StoragePtr storage, int64_t offset_bytes, const Shape& shape, DType dtype);
  Tensor(const Tensor& other) : body_(other.body_) {
    if (HandleLog::current != nullptr && body_) [[unlikely]]
      HandleLog::current->push_back(body_.get());
  }
  Tensor(Tensor&& other) noexcept = default;
  Tensor& operator=(const Tensor& other) = default;
  Tensor& operator=(Tensor&& other) noexcept = default;
  ~Tensor() = default;

  bool defined() const { return static_cast<bool>(body_); }
  const Shape& shape() const;
  int rank() const { return shape().rank(); }
  int64_t dim(int axis) const { return shape().dim(axis); }
  int64_t size() const;
  DType dtype() const;
  Device device() const;
  void* raw() const;  // the first element; on a device, for work that is asked for in the same DeviceTurn
  template <class T>
  T* data() const {
    return static_cast<T*>(raw());
  }
  template <class T>
  T* data_or_null() const {
    return defined() ? data<T>() : nullptr;
  }
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype()); }
  const StoragePtr& storage() const;
  int64_t offset_bytes() const;

  // Gradients: a leaf asks for one, a result has the node that made it.
  bool requires_grad() const;  // is a leaf that asks, or came from one
  bool is_leaf() const;
  void set_requires_grad(bool wanted);
  const NodePtr& node() const;
  int output_index() const;
  Tensor grad() const;
  void set_grad(Tensor grad);

  TensorBody* body() const { return body_.get(); }
  long use_count() const { return body_.use_count(); }

 private:
  friend void attach_node(Tensor& output, NodePtr node, int output_index);
  Intrusive<TensorBody> body_;
};

struct TensorBody {
  std::atomic<long> references{0};
  StoragePtr storage;
  int64_t offset_bytes = 0;
  Shape shape;
  int64_t size = 0;
  DType dtype = DType::float32;
  bool requires_grad = false;
  int output_index = 0;
  NodePtr node;
  Tensor grad;
};

inline const Shape& Tensor::shape() const { return body_->shape; }
inline int64_t Tensor::size() const { return body_->size; }
inline DType Tensor::dtype() const { return body_->dtype; }
inline Device Tensor::device() const { return body_->storage->device; }
inline void* Tensor::raw() const {
  touch(*body_->storage);
  return static_cast<char*>(body_->storage->data) + body_->offset_bytes;
}
inline const StoragePtr& Tensor::storage() const { return body_->storage; }
inline int64_t Tensor::offset_bytes() const { return body_->offset_bytes; }
inline bool Tensor::requires_grad() const { return body_->requires_grad || body_->node; }
inline bool Tensor::is_leaf() const { return !body_->node; }
inline const NodePtr& Tensor::node() const { return body_->node; }
inline int Tensor::output_index() const { return body_->output_index; }
inline Tensor Tensor::grad() const { return body_->grad; }

// New tensors.  Contents of `empty` are undefined.
Tensor empty(const Shape& shape, DType dtype, Device device = {});
Tensor empty_like(const Tensor& x);
Tensor zeros(const Shape& shape, DType dtype, Device device = {});
Tensor full(const Shape& shape, double value, DType dtype, Device device = {});
Tensor scalar(double value, DType dtype, Device device = {});

// The same storage seen with another shape of the same size; records no gradient (ops/view does).
Tensor viewed(const Tensor& x, const Shape& shape);

// The same array without its history: what a closure saves of its own output.
Tensor detached(const Tensor& x);

// The same values in memory of its own, without history.
Tensor copied(const Tensor& x);
Tensor copied(const Tensor& x, Device device);

void copy_into(Tensor& target, const Tensor& source);  // same shape and dtype, checked; any devices

// Moves a leaf, and its gradient, to another device: all handles to it see it there.
void move_to(Tensor& x, Device device);
uint64_t moves_so_far();  // how often that happened in this process

void fill(Tensor& x, const void* element);  // every element like the one given, which has x's dtype

}  // namespace afina
