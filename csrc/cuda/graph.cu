#include "cuda/graph.h"

#include <algorithm>
#include <utility>

#include "core/cuda.h"
#include "cuda/check.h"
#include "cuda/recorder.h"

namespace afina {
namespace {

constexpr size_t kScratchAlignment = 256;  // as of the pool's blocks
constexpr const char* kName = "CUDA graph";

// An address for a rehearsal, which nobody looks behind.
char* imagined_scratch() { return reinterpret_cast<char*>(kScratchAlignment); }

}  // namespace

Recorder::Recorder(Device device) : memory_{imagined_scratch(), nullptr} {
  stream_.emplace(queue_of(device), nullptr);
  current = this;
}

Recorder::Recorder(Device device, const GraphNeeds& allowed, const GraphMemory& memory)
    : allowed_(allowed), memory_(memory) {
  const Stream& queue = queue_of(device);
  check_cuda(kName, cudaStreamCreateWithFlags(&queue_, cudaStreamNonBlocking));
  const cudaError_t error = cudaStreamBeginCapture(queue_, cudaStreamCaptureModeThreadLocal);
  if (error != cudaSuccess) static_cast<void>(cudaStreamDestroy(queue_));
  check_cuda(kName, error);
  stream_.emplace(queue, queue_);
  current = this;
}

Recorder::~Recorder() {
  current = nullptr;
  if (!records()) return;
  cudaStreamCaptureStatus status{};
  if (cudaStreamIsCapturing(queue_, &status) == cudaSuccess && status != cudaStreamCaptureStatusNone) {
    cudaGraph_t unfinished{};
    static_cast<void>(cudaStreamEndCapture(queue_, &unfinished));
    if (unfinished != nullptr) static_cast<void>(cudaGraphDestroy(unfinished));
  }
  static_cast<void>(cudaGetLastError());
  static_cast<void>(cudaStreamDestroy(queue_));
}

bool Recorder::skips_launch() {
  ++needs.launches;
  return !records();
}

void* Recorder::take_scratch(size_t bytes) {
  char* const block = memory_.scratch + taken_;
  taken_ += (bytes / kScratchAlignment + 1) * kScratchAlignment;
  if (records() && taken_ > allowed_.scratch)
    fail<DeviceError>(kName, "the work takes more memory than in its rehearsal");
  needs.scratch = taken_ > needs.scratch ? taken_ : needs.scratch;
  ++held_;
  return block;
}

bool Recorder::give_back(const void* block) {
  const auto* const at = static_cast<const char*>(block);
  if (at < memory_.scratch || at >= memory_.scratch + taken_) return false;
  if (--held_ == 0) taken_ = 0;
  return true;
}

void Recorder::copy_table(void* to, const void* from, size_t bytes) {
  ++needs.launches;
  const auto* const begin = static_cast<const char*>(from);
  const size_t at = needs.tables.size();
  needs.tables.insert(needs.tables.end(), begin, begin + bytes);
  if (!records()) return;
  const std::vector<char>& known = allowed_.tables;
  if (at + bytes > known.size() || !std::equal(begin, begin + bytes, known.begin() + static_cast<long>(at)))
    fail<DeviceError>(kName, "the work brings other numbers from the host than in its rehearsal");
  check_cuda(kName, cudaMemcpyAsync(to, memory_.tables + at, bytes, cudaMemcpyDeviceToDevice, queue_));
}

void* Recorder::finish() {
  cudaGraph_t graph{};
  check_cuda(kName, cudaStreamEndCapture(queue_, &graph));
  cudaGraphExec_t executable{};
  const cudaError_t error = cudaGraphInstantiateWithFlags(&executable, graph, 0);
  static_cast<void>(cudaGraphDestroy(graph));
  check_cuda(kName, error);
  return executable;
}

GraphNeeds rehearsed(Device device, const std::function<void()>& work) {
  Recorder recorder(device);
  work();
  return std::move(recorder.needs);
}

Graph::Graph(Device device, const GraphNeeds& needs, const GraphMemory& memory,
             const std::function<void()>& work)
    : device_(device) {
  Recorder recorder(device, needs, memory);
  work();
  executable_ = recorder.finish();
}

// The device may be busy with it.
Graph::~Graph() {
  try {
    wait_for_streams(device_);
    static_cast<void>(cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(executable_)));
  } catch (...) {  // the process ends, and the driver before us
  }
}

void Graph::launch() {
  const Stream& queue = queue_of(device_);
  check_cuda(kName, cudaGraphLaunch(static_cast<cudaGraphExec_t>(executable_), queue.handle()));
  queue.note_work();
}

}  // namespace afina
