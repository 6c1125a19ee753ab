#include "core/storage.h"

#include "cpu/allocator.h"

namespace afina {

void dispose(Storage* storage) noexcept {
  if (storage->release)
    storage->release();
  else
    free_cpu(storage->data, storage->bytes);
  delete storage;
}

StoragePtr allocate_storage(size_t bytes, Device device) {
  void* const data = allocate_cpu(bytes);
  StoragePtr storage(new Storage);
  storage->data = data;
  storage->bytes = bytes;
  storage->device = device;
  return storage;
}

}  // namespace afina
