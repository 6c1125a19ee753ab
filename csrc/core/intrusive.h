#pragma once

#include <atomic>
#include <utility>

namespace afina {

// A counted pointer whose count lives in the object: one word a handle, one allocation an object.
// T provides `std::atomic<long> references` and is destroyed by `dispose(T*)`.
template <class T>
class Intrusive {
 public:
  Intrusive() = default;
  explicit Intrusive(T* object) : object_(object) { retain(); }
  Intrusive(const Intrusive& other) : object_(other.object_) { retain(); }
  Intrusive(Intrusive&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Intrusive& operator=(Intrusive other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Intrusive() {
    if (object_ != nullptr && object_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
      dispose(object_);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Intrusive&) const = default;
  long use_count() const { return object_ ? object_->references.load(std::memory_order_relaxed) : 0; }

 private:
  void retain() {
    if (object_ != nullptr) object_->references.fetch_add(1, std::memory_order_relaxed);
  }
  T* object_ = nullptr;
};

}  // namespace afina
