#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/device.h"
#include "core/storage.h"

// What the core asks of the CUDA toolbox (csrc/cuda), which defines these.  Everything here is only called
// where kHasCuda, so that a CPU-only build links without any of it.
namespace afina {

Stream& stream_of(Device device);  // this thread's: a device does what is in it in order

// Between touching memory and asking for the work no other thread comes in: its own touch is either before,
// and waited for, or behind the work, and waits for it. Within one thread turns may lie in each other.
class DeviceTurn {
 public:
  explicit DeviceTurn(Device device);
  ~DeviceTurn();
  DeviceTurn(const DeviceTurn&) = delete;
  DeviceTurn& operator=(const DeviceTurn&) = delete;

 private:
  Device device_;
};

int cuda_device_count();    // 0 where there is no driver or no device
std::string cuda_report();  // the devices' names, or why there is none

void* allocate_cuda(size_t bytes, Device device);  // OutOfMemoryError: requested, used and free bytes
// Behind what `stream` has been asked; null: this thread's.
void free_cuda(void* block, size_t bytes, Device device, Stream* stream = nullptr) noexcept;
MemoryStats cuda_memory_stats(Device device);
void reset_cuda_peak_memory(Device device);
void empty_cuda_cache(Device device);

// Copies on this thread's stream; one that ends on the host has waited for it.
void copy_to_cuda(void* to, Device device, const void* from, size_t bytes);
void copy_from_cuda(void* to, const void* from, Device device, size_t bytes);
void copy_within_cuda(void* to, const void* from, Device device, size_t bytes);

// `count` elements of `element_bytes` (1, 4 or 8) each, all like the one at `element`.
void fill_cuda(void* target, Device device, const void* element, size_t element_bytes, int64_t count);

// Waits until the device has done all it was asked, by any thread, then raises what its kernels have
// complained about.
void synchronize_cuda(Device device);

}  // namespace afina
