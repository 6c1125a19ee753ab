#pragma once

#include <cuda_runtime.h>

#include <atomic>
#include <cstdint>
#include <unordered_map>

#include "core/device.h"
#include "cuda/complaint.h"

namespace afina {

inline constexpr int kMostDevices = 10;  // "cuda:0" to "cuda:9"

// The queue of one thread on one device; when the thread ends another one gets it.  Between queues memory is
// handed over (take_over in core/storage.h): a storage knows the stream whose work touched it last, and any
// other waits for that one first.  So the stream a storage knows is behind all work that ever touched it.
class Stream {
 public:
  Stream(Device device, Complaint* complaint);
  // Where kernels are written down instead of done: they complain where those of the queue do.
  Stream(const Stream& queue, cudaStream_t recording)
      : device_(queue.device_), handle_(recording), complaint_(queue.complaint_) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device device() const { return device_; }
  cudaStream_t handle() const { return handle_; }
  Complaint* complaint() const { return complaint_; }

  // Waits for everything in it, then raises what a kernel of the device has complained about.
  void synchronize();

  // To be called when anything was put into it.
  void note_work() const {
    asked_.store(asked_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  // What comes next waits for what is in the other one now; in a DeviceTurn.
  void wait_for(const Stream& other);

 private:
  Device device_;
  cudaStream_t handle_ = nullptr;
  Complaint* complaint_ = nullptr;  // the device's: pinned, seen by both sides
  cudaEvent_t mark_ = nullptr;      // put into it for others to wait for
  mutable std::atomic<uint64_t> asked_{0};
  std::unordered_map<const Stream*, uint64_t> waited_;  // for how much of each other one
};

// The thread's own; stream_of() is another while this thread records a graph (recorder.h).
Stream& queue_of(Device device);

void wait_for_streams(Device device);  // those of all threads

}  // namespace afina
