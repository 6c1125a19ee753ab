#include "cuda/upload.h"

#include <array>
#include <mutex>

#include "core/cuda.h"
#include "cuda/allocator.h"
#include "cuda/check.h"
#include "cuda/staging.h"
#include "cuda/stream.h"

namespace afina {
namespace {

// The second queue of a device, for copies only.
cudaStream_t upload_stream(Device device) {
  struct Lane {
    std::once_flag once;
    cudaStream_t stream{};
  };
  static auto* const lanes = new std::array<Lane, kMostDevices>;
  Lane& lane = (*lanes)[static_cast<size_t>(device.index)];
  static_cast<void>(stream_of(device));  // makes it the current device, and its first stream the first
  std::call_once(lane.once, [&] {
    check_cuda("upload", cudaStreamCreateWithFlags(&lane.stream, cudaStreamNonBlocking));
  });
  return lane.stream;
}

}  // namespace

// The pool gives memory in the order of the upload's stream: what another one has freed is either out of use
// there or waited for.
StoragePtr begin_upload(const void* from, size_t bytes, Device device, void*& arrived) {
  const cudaStream_t stream = upload_stream(device);
  StoragePtr storage(new Storage);
  storage->device = device;
  storage->data = allocate_in_order(bytes, device, stream);
  storage->bytes = bytes;
  cudaEvent_t event{};
  check_cuda("upload", cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  arrived = event;
  try {
    copy_staged(storage->data, from, bytes, device, stream);
    check_cuda("upload", cudaEventRecord(event, stream));
  } catch (...) {
    static_cast<void>(cudaStreamSynchronize(stream));
    static_cast<void>(cudaEventDestroy(event));
    arrived = nullptr;
    throw;
  }
  return storage;
}

void await_upload(Storage& storage, void*& arrived) {
  const auto event = static_cast<cudaEvent_t>(arrived);
  arrived = nullptr;
  Stream& own = stream_of(storage.device);
  check_cuda("upload", cudaStreamWaitEvent(own.handle(), event, 0));
  own.note_work();
  storage.stream = &own;
  check_cuda("upload", cudaEventDestroy(event));  // which lets go when the copy has arrived
}

}  // namespace afina
