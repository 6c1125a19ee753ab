#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "core/device.h"

// A piece of a step as a CUDA graph: what it launches is written down once, with all addresses and numbers,
// and then launched as a whole.  Nothing here needs CUDA; where there is none nobody calls it.
namespace afina {

// What work on a device takes besides its tensors.
struct GraphNeeds {
  size_t launches = 0;
  size_t scratch = 0;        // bytes of device memory while it runs
  std::vector<char> tables;  // what its kernels bring from the host, the same each time
};

// Finds that out by a rehearsal, in which the device is asked nothing.  DeviceError for work that waits for
// the device or reads from it: no graph can.
GraphNeeds rehearsed(Device device, const std::function<void()>& work);

// Where on its device a graph finds that, for as long as it is launched.
struct GraphMemory {
  char* scratch;
  const char* tables;
};

class Graph {
 public:
  // Records the work, which is not done.  DeviceError: CUDA does not take it, or it needs something else now.
  Graph(Device device, const GraphNeeds& needs, const GraphMemory& memory, const std::function<void()>& work);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  void launch();  // in the device's queue

 private:
  Device device_;
  void* executable_ = nullptr;
};

}  // namespace afina
