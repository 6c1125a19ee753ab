#include "graphs.h"

#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "cuda_runtime.h"

struct CudasimGraph {
  std::vector<cudasim::Node> nodes;
};

namespace cudasim {
namespace {

struct Capture {
  std::thread::id thread;
  std::vector<Node> nodes;
  bool spoilt = false;
};

std::mutex mutex;
std::map<const CudasimStream*, Capture>& captures() {
  static auto* const all = new std::map<const CudasimStream*, Capture>;
  return *all;
}

}  // namespace

bool is_captured(const CudasimStream* stream) {
  const std::lock_guard lock(mutex);
  return captures().contains(stream);
}

void write_down(const CudasimStream* stream, Node node) {
  const std::lock_guard lock(mutex);
  captures().at(stream).nodes.push_back(std::move(node));
}

void spoil(const CudasimStream* stream) {
  const std::lock_guard lock(mutex);
  captures().at(stream).spoilt = true;
}

cudaError_t not_in_a_captured(const CudasimStream* stream) {
  if (!is_captured(stream)) return cudaSuccess;
  spoil(stream);
  return cudaErrorStreamCaptureUnsupported;
}

cudaError_t not_while_this_thread_captures() {
  const std::lock_guard lock(mutex);
  cudaError_t error = cudaSuccess;
  for (auto& [stream, capture] : captures())
    if (capture.thread == std::this_thread::get_id()) {
      capture.spoilt = true;
      error = cudaErrorStreamCaptureUnsupported;
    }
  return error;
}

}  // namespace cudasim

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  if (stream == nullptr || cudasim::is_captured(stream)) return cudaErrorStreamCaptureUnsupported;
  if (mode != cudaStreamCaptureModeThreadLocal) return cudaErrorInvalidValue;  // the others are not played
  const std::lock_guard lock(cudasim::mutex);
  cudasim::captures()[stream].thread = std::this_thread::get_id();
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const std::lock_guard lock(cudasim::mutex);
  const auto found = cudasim::captures().find(stream);
  *status = found == cudasim::captures().end() ? cudaStreamCaptureStatusNone
            : found->second.spoilt             ? cudaStreamCaptureStatusInvalidated
                                               : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(cudasim::mutex);
  *graph = nullptr;
  const auto found = cudasim::captures().find(stream);
  if (found == cudasim::captures().end()) return cudaErrorInvalidValue;
  if (found->second.thread != std::this_thread::get_id()) return cudaErrorStreamCaptureWrongThread;
  const cudasim::Capture capture = std::move(found->second);
  cudasim::captures().erase(found);
  if (capture.spoilt) return cudaErrorStreamCaptureInvalidated;
  *graph = new CudasimGraph{capture.nodes};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* executable, cudaGraph_t graph,
                                          unsigned long long) {
  if (std::getenv("AFINA_CUDASIM_REFUSES_GRAPHS") != nullptr) return cudaErrorMemoryAllocation;
  *executable = new CudasimGraph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  if (const cudaError_t error = cudasim::not_in_a_captured(stream); error != cudaSuccess) return error;
  return cudasim::in_turn(stream, [nodes = executable->nodes] {
    for (const cudasim::Node& node : nodes)
      if (const cudaError_t error = node(); error != cudaSuccess) return error;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}
