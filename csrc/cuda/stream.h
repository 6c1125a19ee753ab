#pragma once

#include <cuda_runtime.h>

#include "core/device.h"
#include "cuda/complaint.h"

namespace afina {

inline constexpr int kMostDevices = 10;  // "cuda:0" to "cuda:9"

// The queue of one device.  All kernels go through it, from every thread, so that they need no events between
// them: a kernel's tensors may come from any thread.  Only uploads (upload.h) have a queue beside it.
class Stream {
 public:
  explicit Stream(Device device);
  // Where kernels are written down instead of done: they complain where those of the queue do.
  Stream(const Stream& queue, cudaStream_t recording)
      : device_(queue.device_), handle_(recording), complaint_(queue.complaint_) {}
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

// The device's own; stream_of() is another while this thread records a graph (recorder.h).
Stream& queue_of(Device device);

}  // namespace afina
