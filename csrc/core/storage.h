#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "core/device.h"
#include "core/intrusive.h"

namespace afina {

class Stream;  // cuda/stream.h: the queue of one thread on a device

// A block of memory shared by the tensors that view it: ours (from the device's caching allocator) or
// borrowed from NumPy or DLPack, in which case `release` gives it back.
struct Storage {
  std::atomic<long> references{0};
  void* data = nullptr;
  size_t bytes = 0;
  Device device;
  bool writable = true;
  std::atomic<Stream*> stream{nullptr};  // on a device: whose work touched it last
  std::function<void()> release;         // empty: from our allocator
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

// What this thread asks of the device from here on waits for the work that touched the memory last, if
// another thread asked for that (cuda/stream.cu).
void take_over(Storage& storage);
inline void touch(Storage& storage) {
  if constexpr (kHasCuda) {
    if (storage.stream.load(std::memory_order_relaxed) != nullptr) take_over(storage);
  }
}

// Gives the memory back before its storage ends; nothing may look for it any more.
void release_memory(Storage& storage) noexcept;

}  // namespace afina
