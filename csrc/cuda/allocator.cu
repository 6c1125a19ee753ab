#include "cuda/allocator.h"

#include <array>
#include <atomic>
#include <mutex>

#include "core/cuda.h"
#include "cuda/check.h"
#include "cuda/recorder.h"
#include "cuda/stream.h"

// Device memory comes from the driver's stream-ordered pool, told to keep what is freed: an allocation costs
// a microsecond, and freeing waits for no kernel: the next user is behind it in the same stream, or the pool
// makes another stream wait.
namespace afina {
namespace {

struct Counters {
  std::atomic<int64_t> in_use{0};
  std::atomic<int64_t> peak{0};
  std::once_flag configured;
};
Counters& counters_of(Device device) {
  static auto* const all = new std::array<Counters, kMostDevices>;
  return (*all)[static_cast<size_t>(device.index)];
}

cudaMemPool_t pool_of(Device device) {
  cudaMemPool_t pool{};
  check_cuda("allocate", cudaDeviceGetDefaultMemPool(&pool, device.index));
  return pool;
}

void keep_what_is_freed(Device device) {
  std::call_once(counters_of(device).configured, [&] {
    uint64_t threshold = UINT64_MAX;
    check_cuda("allocate",
               cudaMemPoolSetAttribute(pool_of(device), cudaMemPoolAttrReleaseThreshold, &threshold));
  });
}

}  // namespace

void* allocate_cuda(size_t bytes, Device device) {
  if (Recorder::current != nullptr) [[unlikely]]
    return Recorder::current->take_scratch(bytes);
  const Stream& stream = queue_of(device);
  void* const block = allocate_in_order(bytes, device, stream.handle());
  stream.note_work();  // the pool may make the stream wait for another one that used the memory
  return block;
}

void* allocate_in_order(size_t bytes, Device device, cudaStream_t stream) {
  keep_what_is_freed(device);
  Counters& counters = counters_of(device);
  void* block = nullptr;
  const size_t wanted = bytes > 0 ? bytes : 1;
  cudaError_t error = cudaMallocAsync(&block, wanted, stream);
  if (error == cudaErrorMemoryAllocation) {  // what the pool keeps may lie in pieces
    static_cast<void>(cudaGetLastError());
    empty_cuda_cache(device);
    error = cudaMallocAsync(&block, wanted, stream);
  }
  if (error == cudaErrorMemoryAllocation) {
    static_cast<void>(cudaGetLastError());
    size_t free = 0, total = 0;
    check_cuda("allocate", cudaMemGetInfo(&free, &total));
    fail<OutOfMemoryError>("allocate", "cannot get ", bytes, " bytes on ", device, ": ",
                           counters.in_use.load(), " bytes are in use by tensors, ", free, " of ", total,
                           " are free; a smaller batch needs less");
  }
  check_cuda("allocate", error);
  const int64_t in_use = counters.in_use += static_cast<int64_t>(bytes);
  int64_t peak = counters.peak.load();
  while (in_use > peak && !counters.peak.compare_exchange_weak(peak, in_use)) {
  }
  return block;
}

void free_cuda(void* block, size_t bytes, Device device, Stream* stream) noexcept {
  if (Recorder::current != nullptr && Recorder::current->give_back(block)) return;
  counters_of(device).in_use -= static_cast<int64_t>(bytes);
  try {
    static_cast<void>(cudaFreeAsync(block, (stream == nullptr ? queue_of(device) : *stream).handle()));
  } catch (...) {  // the process ends, and the driver before us
  }
}

MemoryStats cuda_memory_stats(Device device) {
  uint64_t reserved = 0;
  check_cuda("memory_stats",
             cudaMemPoolGetAttribute(pool_of(device), cudaMemPoolAttrReservedMemCurrent, &reserved));
  const Counters& counters = counters_of(device);
  const int64_t in_use = counters.in_use.load(), kept = static_cast<int64_t>(reserved) - in_use;
  return {in_use, kept > 0 ? kept : 0, counters.peak.load()};
}

void reset_cuda_peak_memory(Device device) {
  Counters& counters = counters_of(device);
  counters.peak = counters.in_use.load();
}

void empty_cuda_cache(Device device) {
  refuse_recording("empty_cache");
  wait_for_streams(device);
  check_cuda("empty_cache", cudaMemPoolTrimTo(pool_of(device), 0));
}

}  // namespace afina
