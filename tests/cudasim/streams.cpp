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
  struct Task {
    std::function<cudaError_t()> run;
    const void* to;
  };
  bool first;
  std::deque<Task> to_come;
  uint64_t asked = 0;
  cudaError_t error = cudaSuccess;  // the first one stays

  uint64_t done() const { return asked - to_come.size(); }
};

struct CudasimEvent {
  CudasimStream* stream = nullptr;  // null: never recorded
  uint64_t behind = 0;              // so many tasks
  bool captured = false;            // recorded while the stream was captured
};

namespace cudasim {
namespace {

std::recursive_mutex mutex;           // a task may wait for another stream
std::vector<CudasimStream*> streams;  // never destroyed

cudaError_t do_until(CudasimStream& stream, uint64_t behind) {
  while (stream.done() < behind) {
    const CudasimStream::Task task = stream.to_come.front();
    stream.to_come.pop_front();
    const cudaError_t error = task.run();
    if (stream.error == cudaSuccess) stream.error = error;
  }
  return stream.error;
}

}  // namespace

cudaError_t in_turn(CudasimStream* stream, std::function<cudaError_t()> task, const void* to) {
  if (stream == nullptr) return task();
  const std::lock_guard lock(mutex);
  if (stream->first || lands_at_once()) {
    const cudaError_t before = do_until(*stream, stream->asked);
    return before == cudaSuccess ? task() : before;
  }
  stream->to_come.push_back({std::move(task), to});
  ++stream->asked;
  return cudaSuccess;
}

cudaError_t finish(CudasimStream* stream) {
  const std::lock_guard lock(mutex);
  return stream == nullptr ? cudaSuccess : do_until(*stream, stream->asked);
}

void check_not_awaited(const void* block, size_t bytes) {
  const std::lock_guard lock(mutex);
  const auto* const begin = static_cast<const char*>(block);
  for (const CudasimStream* stream : streams)
    for (const auto& task : stream->to_come)
      if (task.to >= begin && task.to < begin + bytes) {
        std::fprintf(stderr, "\ncudasim: memory is freed while a copy into it may be under way\n");
        std::abort();
      }
}

}  // namespace cudasim

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(cudasim::mutex);
  *stream = new CudasimStream{cudasim::streams.empty(), {}, 0, cudaSuccess};
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
  return cudasim::finish(stream);
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
  return event->stream == nullptr ? cudaSuccess : cudasim::do_until(*event->stream, event->behind);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  if (event->captured && event->stream == stream) return cudaSuccess;
  if (cudasim::is_captured(stream)) {
    cudasim::spoil(stream);
    return cudaErrorStreamCaptureIsolation;
  }
  if (event->stream == nullptr || event->stream == stream) return cudaSuccess;
  return cudasim::in_turn(stream, [awaited = *event] {
    const std::lock_guard lock(cudasim::mutex);
    return cudasim::do_until(*awaited.stream, awaited.behind);
  });
}
