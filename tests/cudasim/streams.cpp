#include "streams.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <vector>

#include "cuda_runtime.h"
#include "schedule.h"

struct CudasimStream {
  struct Copy {
    void* to;
    const void* from;
    size_t bytes;
  };
  bool first;
  std::deque<Copy> to_come;
  uint64_t asked = 0;

  uint64_t done() const { return asked - to_come.size(); }
};

struct CudasimEvent {
  CudasimStream* stream = nullptr;  // null: never recorded
  uint64_t behind = 0;              // so many copies
  bool captured = false;            // recorded while the stream was captured
};

namespace cudasim {
namespace {

std::mutex mutex;
std::vector<CudasimStream*> streams;  // never destroyed

void do_until(CudasimStream& stream, uint64_t behind) {
  if (stream.done() >= behind) return;
  const DeviceOpen open;
  while (stream.done() < behind) {
    const auto [to, from, bytes] = stream.to_come.front();
    std::memcpy(to, from, bytes);
    stream.to_come.pop_front();
  }
}

}  // namespace

bool copy_in_turn(CudasimStream* stream, void* to, const void* from, size_t bytes) {
  const std::lock_guard lock(mutex);
  if (stream == nullptr) return false;
  if (stream->first || lands_at_once()) {
    do_until(*stream, stream->asked);
    return false;
  }
  stream->to_come.push_back({to, from, bytes});
  ++stream->asked;
  return true;
}

void finish(CudasimStream* stream) {
  const std::lock_guard lock(mutex);
  if (stream != nullptr) do_until(*stream, stream->asked);
}

void check_not_awaited(const void* block, size_t bytes) {
  const std::lock_guard lock(mutex);
  const auto* const begin = static_cast<const char*>(block);
  for (const CudasimStream* stream : streams)
    for (const auto& copy : stream->to_come)
      if (copy.to >= begin && copy.to < begin + bytes) {
        std::fprintf(stderr, "\ncudasim: memory is freed while a copy into it may be under way\n");
        std::abort();
      }
}

}  // namespace cudasim

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(cudasim::mutex);
  *stream = new CudasimStream{cudasim::streams.empty(), {}};
  cudasim::streams.push_back(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  cudasim::finish(stream);
  const std::lock_guard lock(cudasim::mutex);
  std::erase(cudasim::streams, stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (const cudaError_t error = cudasim::not_in_a_captured(stream); error != cudaSuccess) return error;
  cudasim::finish(stream);
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CudasimEvent;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const bool captured = cudasim::is_captured(stream);
  const std::lock_guard lock(cudasim::mutex);
  if (stream != nullptr) *event = {stream, stream->asked, captured};
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (event->captured) return cudaErrorCapturedEvent;
  const std::lock_guard lock(cudasim::mutex);
  if (event->stream != nullptr) cudasim::do_until(*event->stream, event->behind);
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (event->captured && event->stream == stream) return cudaSuccess;
  if (cudasim::is_captured(stream)) {
    cudasim::spoil(stream);
    return cudaErrorStreamCaptureIsolation;
  }
  return cudaEventSynchronize(event);  // whoever waits does so before its next kernel
}
