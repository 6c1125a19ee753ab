#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/allocator.h"

namespace afina {

// A piece of memory for the time of a call; contents are undefined.
template <class T>
class Workspace {
 public:
  explicit Workspace(int64_t count)
      : bytes_(static_cast<size_t>(count) * sizeof(T)), data_(static_cast<T*>(allocate_cpu(bytes_))) {}
  ~Workspace() { free_cpu(data_, bytes_); }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  T* data() const { return data_; }

 private:
  size_t bytes_;
  T* data_;
};

}  // namespace afina
