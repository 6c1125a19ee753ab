#include "cuda/stream.h"

#include <array>
#include <memory>
#include <mutex>
#include <sstream>
#include <utility>
#include <vector>

#include "core/cuda.h"
#include "cuda/check.h"
#include "cuda/recorder.h"

namespace afina {
namespace {

// How many devices there are, or why none can be used.  Asked once: a driver does not appear later.
struct Found {
  int count = 0;
  cudaError_t error = cudaSuccess;
  Found() {
    error = cudaGetDeviceCount(&count);
    if (error != cudaSuccess) count = 0;
    static_cast<void>(cudaGetLastError());
  }
};
const Found& found_devices() {
  static const Found found;
  return found;
}

// All streams of a device.  Never destroyed: tensors held by the interpreter outlive static destructors.
struct Streams {
  std::mutex mutex;
  std::vector<std::unique_ptr<Stream>> all;
  std::vector<Stream*> idle;  // their threads have ended
  Complaint* complaint = nullptr;
  std::recursive_mutex turn;
};
Streams& streams_of(Device device) {
  static auto* const devices = new std::array<Streams, kMostDevices>;
  return (*devices)[static_cast<size_t>(device.index)];
}

Stream* take_stream(Device device) {
  Streams& streams = streams_of(device);
  const std::lock_guard lock(streams.mutex);
  if (!streams.idle.empty()) {
    Stream* const stream = streams.idle.back();
    streams.idle.pop_back();
    return stream;
  }
  if (streams.complaint == nullptr) {
    void* note = nullptr;
    check_cuda("stream", cudaHostAlloc(&note, sizeof(Complaint), cudaHostAllocMapped));
    streams.complaint = new (note) Complaint{};
  }
  streams.all.push_back(std::make_unique<Stream>(device, streams.complaint));
  return streams.all.back().get();
}

// This thread's.  No object with an end: tensors may be freed when the thread's others have ended.
constinit thread_local std::array<Stream*, kMostDevices> own_streams{};

struct EndOfThread {
  ~EndOfThread() {
    for (int index = 0; index < kMostDevices; ++index) {
      Stream*& stream = own_streams[static_cast<size_t>(index)];
      if (stream == nullptr) continue;
      Streams& streams = streams_of(stream->device());
      const std::lock_guard lock(streams.mutex);
      streams.idle.push_back(std::exchange(stream, nullptr));
    }
  }
};

}  // namespace

Stream::Stream(Device device, Complaint* complaint) : device_(device), complaint_(complaint) {
  check_cuda("stream", cudaStreamCreateWithFlags(&handle_, cudaStreamNonBlocking));
  check_cuda("stream", cudaEventCreateWithFlags(&mark_, cudaEventDisableTiming));
}

void Stream::synchronize() {
  refuse_recording("synchronize");
  check_cuda("synchronize", cudaStreamSynchronize(handle_));
  raise_complaint(*complaint_);
}

void Stream::wait_for(const Stream& other) {
  const uint64_t asked = other.asked_.load(std::memory_order_acquire);
  uint64_t& waited = waited_[&other];
  if (waited == asked) return;
  check_cuda("stream", cudaEventRecord(other.mark_, other.handle_));
  check_cuda("stream", cudaStreamWaitEvent(handle_, other.mark_, 0));
  waited = asked;
  note_work();  // whoever waits for this one waits for that one as well
}

Stream& queue_of(Device device) {
  check_cuda("stream", cudaSetDevice(device.index));
  Stream*& own = own_streams[static_cast<size_t>(device.index)];
  if (own == nullptr) [[unlikely]] {
    static thread_local const EndOfThread gives_back;
    static_cast<void>(&gives_back);
    own = take_stream(device);
  }
  return *own;
}

void take_over(Storage& storage) {
  if (Recorder::current != nullptr) return;  // nothing is done now
  if (storage.stream.load(std::memory_order_relaxed) ==
      own_streams[static_cast<size_t>(storage.device.index)])
    return;
  const DeviceTurn turn(storage.device);
  Stream& own = queue_of(storage.device);
  own.wait_for(*storage.stream.load());
  storage.stream = &own;
}

void wait_for_streams(Device device) {
  Streams& streams = streams_of(device);
  const std::lock_guard lock(streams.mutex);
  for (const auto& stream : streams.all) check_cuda("synchronize", cudaStreamSynchronize(stream->handle()));
}

DeviceTurn::DeviceTurn(Device device) : device_(device) { streams_of(device).turn.lock(); }
DeviceTurn::~DeviceTurn() { streams_of(device_).turn.unlock(); }

Stream& stream_of(Device device) {
  if (Recorder::current != nullptr) [[unlikely]]
    return Recorder::current->stream();
  return queue_of(device);
}

int cuda_device_count() {
  const int count = found_devices().count;
  return count < kMostDevices ? count : kMostDevices;
}

std::string cuda_report() {
  const Found& found = found_devices();
  if (found.error == cudaErrorInsufficientDriver || found.error == cudaErrorNoDevice)
    return cudaGetErrorString(found.error);
  if (found.error != cudaSuccess)
    return std::string("the driver answers '") + cudaGetErrorString(found.error) + "'";
  if (found.count == 0) return "the driver knows no device";
  std::ostringstream text;
  for (int index = 0; index < cuda_device_count(); ++index) {
    cudaDeviceProp properties{};
    check_cuda("device", cudaGetDeviceProperties(&properties, index));
    constexpr double kGigabyte = 1e9;
    text << (index > 0 ? "; " : "") << "cuda:" << index << " " << properties.name << ", "
         << static_cast<double>(properties.totalGlobalMem) / kGigabyte << " GB, compute capability "
         << properties.major << "." << properties.minor;
  }
  return text.str();
}

void synchronize_cuda(Device device) {
  wait_for_streams(device);
  stream_of(device).synchronize();
}

}  // namespace afina
