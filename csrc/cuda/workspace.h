#pragma once

#include "core/cuda.h"
#include "cuda/stream.h"

namespace afina {

// Device memory for the kernels of one call.  Freeing it waits for nobody: the next user is behind them in
// the same stream.
template <class T>
class Workspace {
 public:
  Workspace(int64_t count, const Stream& stream)
      : bytes_(static_cast<size_t>(count) * sizeof(T)),
        device_(stream.device()),
        data_(count > 0 ? static_cast<T*>(allocate_cuda(bytes_, device_)) : nullptr) {}
  ~Workspace() {
    if (data_ != nullptr) free_cuda(data_, bytes_, device_);
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  T* data() const { return data_; }

 private:
  size_t bytes_;
  Device device_;
  T* data_;
};

}  // namespace afina
