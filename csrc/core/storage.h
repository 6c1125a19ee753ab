#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "core/device.h"
#include "core/intrusive.h"

namespace afina {

// A block of memory shared by the tensors that view it: ours (from the device's caching allocator) or
// borrowed from NumPy or DLPack, in which case `release` gives it back.
struct Storage {
  std::atomic<long> references{0};
  void* data = nullptr;
  size_t bytes = 0;
  Device device;
  bool writable = true;
  std::function<void()> release;  // empty: from our allocator
};

// What an allocator says about itself.
struct MemoryStats {
  int64_t in_use;  // bytes of live blocks
  int64_t cached;  // bytes kept for reuse
  int64_t peak;    // largest in_use so far
};

using StoragePtr = Intrusive<Storage>;

void dispose(Storage* storage) noexcept;
StoragePtr allocate_storage(size_t bytes, Device device);

// Gives the memory back before its storage ends; nothing may look for it any more.
void release_memory(Storage& storage) noexcept;

}  // namespace afina
