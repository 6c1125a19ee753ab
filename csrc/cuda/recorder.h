#pragma once

#include <optional>

#include "cuda/graph.h"
#include "cuda/stream.h"

namespace afina {

// Takes what this thread asks of a device while it lives: counts it (a rehearsal) or has CUDA write it down
// in a stream of its own, where other threads' work cannot get in between.  Nothing is done meanwhile,
// nothing is allocated: memory for kernels is cut from the graph's scratch, and begins anew whenever all of
// it is free.
class Recorder {
 public:
  explicit Recorder(Device device);                                               // counts
  Recorder(Device device, const GraphNeeds& allowed, const GraphMemory& memory);  // records, until finish()
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // This thread's, or null.
  static inline thread_local constinit Recorder* current = nullptr;

  Stream& stream() { return *stream_; }
  bool skips_launch();  // counts one; true in a rehearsal
  void* take_scratch(size_t bytes);
  bool give_back(const void* block);  // false: it is no scratch
  void copy_table(void* to, const void* from, size_t bytes);

  GraphNeeds needs;
  void* finish();  // a cudaGraphExec_t

 private:
  bool records() const { return queue_ != nullptr; }

  GraphNeeds allowed_;
  GraphMemory memory_;
  cudaStream_t queue_ = nullptr;
  std::optional<Stream> stream_;
  size_t taken_ = 0, held_ = 0;  // bytes of scratch, and blocks of it that are in use
};

// For what no graph can hold: raises DeviceError while this thread records.
inline void refuse_recording(const char* what) {
  if (Recorder::current != nullptr) [[unlikely]]
    fail<DeviceError>(what, "the host takes part in it, which no graph can hold");
}

}  // namespace afina
