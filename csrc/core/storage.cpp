#include "core/storage.h"

#include "core/cuda.h"
#include "cpu/allocator.h"

namespace afina {
namespace {

void release_memory(Storage* storage) noexcept {
  if constexpr (kHasCuda) {
    if (!storage->device.is_cpu()) return free_cuda(storage->data, storage->bytes, storage->device);
  }
  free_cpu(storage->data, storage->bytes);
}

void* allocate(size_t bytes, Device device) {
  if constexpr (kHasCuda) {
    if (!device.is_cpu()) return allocate_cuda(bytes, device);
  }
  return allocate_cpu(bytes);
}

}  // namespace

void dispose(Storage* storage) noexcept {
  if (storage->release)
    storage->release();
  else
    release_memory(storage);
  delete storage;
}

StoragePtr allocate_storage(size_t bytes, Device device) {
  void* const data = allocate(bytes, device);
  StoragePtr storage(new Storage);
  storage->data = data;
  storage->bytes = bytes;
  storage->device = device;
  return storage;
}

}  // namespace afina
