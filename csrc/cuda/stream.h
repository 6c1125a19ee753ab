#pragma once

#include <cuda_runtime.h>

#include "core/device.h"
#include "cuda/complaint.h"

namespace afina {

// The queue of one device.  All kernels and copies go through it, from every thread, so that they need no
// events between them.
class Stream {
 public:
  explicit Stream(Device device);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device device() const { return device_; }
  cudaStream_t handle() const { return handle_; }
  Complaint* complaint() const { return complaint_; }

  // Waits for everything, then raises what a kernel has complained about.
  void synchronize();

 private:
  Device device_;
  cudaStream_t handle_ = nullptr;
  Complaint* complaint_ = nullptr;  // pinned, seen by both sides
};

}  // namespace afina
