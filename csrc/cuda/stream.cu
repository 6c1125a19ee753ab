#include "cuda/stream.h"

#include <array>
#include <memory>
#include <mutex>
#include <sstream>

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

}  // namespace

Stream::Stream(Device device) : device_(device) {
  check_cuda("stream", cudaSetDevice(device.index));
  check_cuda("stream", cudaStreamCreateWithFlags(&handle_, cudaStreamNonBlocking));
  void* note = nullptr;
  check_cuda("stream", cudaHostAlloc(&note, sizeof(Complaint), cudaHostAllocMapped));
  complaint_ = new (note) Complaint{};
}

void Stream::synchronize() {
  refuse_recording("synchronize");
  check_cuda("synchronize", cudaStreamSynchronize(handle_));
  raise_complaint(*complaint_);
}

Stream& queue_of(Device device) {
  // Never destroyed: tensors held by the interpreter outlive static destructors.
  static auto* const streams = new std::array<std::unique_ptr<Stream>, kMostDevices>;
  static auto* const once = new std::array<std::once_flag, kMostDevices>;
  const auto index = static_cast<size_t>(device.index);
  std::call_once((*once)[index], [&] { (*streams)[index] = std::make_unique<Stream>(device); });
  check_cuda("stream", cudaSetDevice(device.index));
  return *(*streams)[index];
}

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

void synchronize_cuda(Device device) { stream_of(device).synchronize(); }

}  // namespace afina
