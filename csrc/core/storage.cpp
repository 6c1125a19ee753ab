#include "core/storage.h"

#include "core/capture.h"
#include "core/cuda.h"
#include "cpu/allocator.h"

namespace afina {
namespace {

void free_memory(Storage& storage) noexcept {
  if (storage.release) return storage.release();
  if constexpr (kHasCuda) {
    if (!storage.device.is_cpu())
      return free_cuda(storage.data, storage.bytes, storage.device, storage.stream);
  }
  free_cpu(storage.data, storage.bytes);
}

void* allocate(size_t bytes, Device device) {
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) return allocate_cuda(bytes, device);
  }
  return allocate_cpu(bytes);
}

}  // namespace

void release_memory(Storage& storage) noexcept {
  free_memory(storage);
  storage.data = nullptr;
  storage.release = [] {};
}

void dispose(Storage* storage) noexcept {
  free_memory(*storage);
  delete storage;
}

StoragePtr allocate_storage(size_t bytes, Device device) {
  void* const data = allocate(bytes, device);
  StoragePtr storage(new Storage);
  storage->data = data;
  storage->bytes = bytes;
  storage->device = device;
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) storage->stream = &stream_of(device);
  }
  if (current_capture != nullptr) [[unlikely]]
    current_capture->allocated(storage);
  return storage;
}

}  // namespace afina
