#include "device_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "cuda.h"
#include "cuda_runtime.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(from, bytes) __asan_poison_memory_region(from, bytes)
#define UNPOISON(from, bytes) __asan_unpoison_memory_region(from, bytes)
#else
#define POISON(from, bytes) static_cast<void>(0)
#define UNPOISON(from, bytes) static_cast<void>(0)
#endif

namespace cudasim {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 256;  // cudaMalloc's
constexpr size_t kGuard = 64;       // at least, behind every allocation
constexpr size_t kDefaultCapacity = size_t{1} << 30;
constexpr unsigned char kNaN = 0xFF, kGuardByte = 0xA5;

size_t rounded(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

class Memory {
 public:
  Memory() {
    const char* const wanted = std::getenv("AFINA_CUDASIM_MEMORY");
    capacity_ = rounded(wanted == nullptr ? kDefaultCapacity : std::strtoull(wanted, nullptr, 10), kPage);
    void* const space =
        mmap(nullptr, capacity_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<unsigned char*>(space);
    free_[0] = capacity_;
  }

  void open() {
    mutex_.lock();
    if (reach_ > 0) mprotect(base_, reach_, PROT_READ | PROT_WRITE);
    for (const auto& [offset, bytes] : fresh_) {
      const size_t guard = rounded(bytes + kGuard, kAlignment) - bytes;
      UNPOISON(base_ + offset + bytes, guard);
      std::memset(base_ + offset, kNaN, bytes);
      std::memset(base_ + offset + bytes, kGuardByte, guard);
      POISON(base_ + offset + bytes, guard);
    }
    fresh_.clear();
  }
  void close() {
    if (reach_ > 0) mprotect(base_, reach_, PROT_NONE);
    mutex_.unlock();
  }

  // Memory is filled when it is next open: an mprotect costs more than all else here.
  void* allocate(size_t bytes) {
    const std::lock_guard lock(mutex_);
    const size_t span = rounded(bytes + kGuard, kAlignment);
    for (const auto& hole : free_) {
      const auto [offset, room] = hole;  // which goes away below
      if (room < span) continue;
      free_.erase(offset);
      if (room > span) free_[offset + span] = room - span;
      live_[offset] = bytes;
      used_ += bytes;
      reach_ = std::max(reach_, rounded(offset + span, kPage));
      UNPOISON(base_ + offset, bytes);
      POISON(base_ + offset + bytes, span - bytes);
      fresh_[offset] = bytes;
      return base_ + offset;
    }
    return nullptr;
  }

  bool release(void* block) {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(static_cast<size_t>(static_cast<unsigned char*>(block) - base_));
    if (found == live_.end()) return false;
    const auto [offset, bytes] = *found;
    size_t span = rounded(bytes + kGuard, kAlignment), first = offset;
    live_.erase(found);
    fresh_.erase(offset);
    used_ -= bytes;
    POISON(base_ + offset, span);
    const auto next = free_.find(offset + span);
    if (next != free_.end()) {
      span += next->second;
      free_.erase(next);
    }
    auto before = free_.lower_bound(offset);
    if (before != free_.begin() && (--before)->first + before->second == offset) {
      first = before->first;
      span += before->second;
    }
    free_[first] = span;
    return true;
  }

  bool guards_are_whole() const {
#if !defined(__SANITIZE_ADDRESS__)  // which sees the write itself
    for (const auto& [offset, bytes] : live_)
      for (size_t i = bytes; i < bytes + kGuard; ++i)
        if (base_[offset + i] != kGuardByte) {
          std::memset(base_ + offset + bytes, kGuardByte, kGuard);
          set_failure(
              ("a write behind the end of " + std::to_string(bytes) + " bytes of device memory").c_str());
          return false;
        }
#endif
    return true;
  }

  size_t size_of(const void* block) {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(static_cast<size_t>(static_cast<const unsigned char*>(block) - base_));
    return found == live_.end() ? 0 : found->second;
  }

  // May a kernel be given this address: in a block that is not freed, or at its end?
  bool is_live(const void* address) {
    const std::lock_guard lock(mutex_);
    const auto offset = static_cast<size_t>(static_cast<const unsigned char*>(address) - base_);
    auto block = live_.upper_bound(offset);
    return block != live_.begin() && offset <= (--block)->first + block->second;
  }

  bool holds(const void* address) const { return address >= base_ && address < base_ + capacity_; }
  size_t used() const { return used_; }
  size_t capacity() const { return capacity_; }

 private:
  std::mutex mutex_;
  unsigned char* base_;
  size_t capacity_, used_ = 0;
  size_t reach_ = 0;                // everything in use lies below
  std::map<size_t, size_t> free_;   // offset -> bytes
  std::map<size_t, size_t> live_;   // offset -> bytes asked for
  std::map<size_t, size_t> fresh_;  // the same, of those not yet filled
};

// Never destroyed: tensors outlive static destructors.
Memory& memory() {
  static Memory* const instance = new Memory;
  return *instance;
}

// The host's memory that kernels may touch, and that a copy reads when its turn comes.
std::mutex pinned_mutex;
std::vector<std::pair<const char*, size_t>> pinned;

bool is_pinned(const void* address) {
  const std::lock_guard lock(pinned_mutex);
  return std::any_of(pinned.begin(), pinned.end(), [&](const auto& piece) {
    return address >= piece.first && address < piece.first + piece.second;
  });
}

bool is_mapped(uint64_t address) {
  unsigned char resident = 0;
  return mincore(reinterpret_cast<void*>(address / kPage * kPage), kPage, &resident) == 0;
}

struct sigaction before_us;

void explain_fault(int signal, siginfo_t* info, void* context) {
  if (memory().holds(info->si_addr)) {
    constexpr char kText[] = "\ncudasim: the host touched device memory\n";
    static_cast<void>(!write(2, kText, sizeof kText - 1));
  }
  sigaction(SIGSEGV, &before_us, nullptr);
  if ((before_us.sa_flags & SA_SIGINFO) != 0 && before_us.sa_sigaction != nullptr)
    before_us.sa_sigaction(signal, info, context);
}

void watch_faults() {
  static const bool once = [] {
    struct sigaction ours{};
    ours.sa_sigaction = &explain_fault;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGSEGV, &ours, &before_us) == 0;
  }();
  static_cast<void>(once);
}

}  // namespace

DeviceOpen::DeviceOpen() { memory().open(); }
DeviceOpen::~DeviceOpen() { memory().close(); }

bool guards_are_whole() { return memory().guards_are_whole(); }

bool words_visible_on_device(const void* bytes, size_t size) {
  constexpr uint64_t kLowest = 0x500000000000,
                     kHighest = 0x800000000000;  // where Linux puts heap, files and stacks
  for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, static_cast<const char*>(bytes) + at, sizeof word);
    const void* const address = reinterpret_cast<const void*>(word);
    if (memory().holds(address)) {
      if (memory().is_live(address)) continue;
      set_failure("an argument of the kernel points to device memory that has been freed");
      return false;
    }
    if (word < kLowest || word >= kHighest || !is_mapped(word)) continue;
    if (is_pinned(address)) continue;
    set_failure("an argument of the kernel points to the host's memory");
    return false;
  }
  return true;
}

}  // namespace cudasim

using cudasim::memory;

cudaError_t cudaMallocAsync(void** block, size_t bytes, cudaStream_t stream) {
  cudasim::watch_faults();
  if (const cudaError_t error = cudasim::not_in_a_captured(stream); error != cudaSuccess) return error;
  *block = memory().allocate(bytes);
  return *block == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeAsync(void* block, cudaStream_t stream) {
  if (const cudaError_t error = cudasim::not_in_a_captured(stream); error != cudaSuccess) return error;
  if (!memory().is_live(block)) return cudaErrorInvalidValue;
  return cudasim::in_turn(stream, [block] {
    cudasim::check_not_awaited(block, memory().size_of(block));
    return memory().release(block) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  if (bytes > 0 && (memory().holds(to) != to_device || memory().holds(from) != from_device))
    return cudaErrorInvalidValue;
  for (const void* end : {static_cast<const void*>(to), from})
    if (bytes > 0 && memory().holds(end) && !memory().is_live(end)) return cudaErrorInvalidValue;
  const bool waits = (!to_device && !cudasim::is_pinned(to)) || (!from_device && !cudasim::is_pinned(from));
  const auto copy = [=] {
    const cudasim::DeviceOpen open;
    std::memmove(to, from, bytes);
    return cudaSuccess;
  };
  if (cudasim::is_captured(stream)) {
    if (waits) return cudasim::not_in_a_captured(stream);
    cudasim::write_down(stream, copy);
    return cudaSuccess;
  }
  const cudaError_t error = cudasim::in_turn(stream, copy, to);
  return error == cudaSuccess && waits ? cudasim::finish(stream) : error;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *total = memory().capacity();
  *free = memory().capacity() - memory().used();
  return cudaSuccess;
}

cudaError_t cudaHostAlloc(void** block, size_t bytes, unsigned) {
  if (const cudaError_t error = cudasim::not_while_this_thread_captures(); error != cudaSuccess) return error;
  *block = std::calloc(1, bytes);
  if (*block == nullptr) return cudaErrorMemoryAllocation;
  const std::lock_guard lock(cudasim::pinned_mutex);
  cudasim::pinned.emplace_back(static_cast<const char*>(*block), bytes);
  return cudaSuccess;
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void* value) {
  const uint64_t used = memory().used();
  std::memcpy(value, &used, sizeof used);
  return cudaSuccess;
}

// AFINA_CUDASIM_DRIVER=none: a machine without a driver.
cudaError_t cudaGetDeviceCount(int* count) {
  const char* const driver = std::getenv("AFINA_CUDASIM_DRIVER");
  *count = 0;
  if (driver != nullptr && std::string(driver) == "none") return cudaErrorInsufficientDriver;
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {"simulated CUDA device", memory().capacity(), 9, 0, 4};
  return cudaSuccess;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned, unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  const bool is_known = std::strcmp(name, "cuTensorMapEncodeTiled") == 0;
  *function = is_known ? reinterpret_cast<void*>(&cuTensorMapEncodeTiled) : nullptr;
  *found = is_known ? cudaDriverEntryPointSuccess : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}

size_t& cudasim::allowed_dynamic_shared(const void* kernel) {
  static std::map<const void*, size_t> allowed;
  const std::lock_guard lock(cudasim::pinned_mutex);
  return allowed[kernel];
}

const char* cudaGetErrorName(cudaError_t error) {
  return error == cudaErrorMemoryAllocation ? "cudaErrorMemoryAllocation" : "simulated error";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
    case cudaErrorStreamCaptureIsolation: return "dependency created on uncaptured work in another stream";
    case cudaErrorCapturedEvent:
      return "operation not permitted on an event last recorded in a capturing stream";
    case cudaErrorStreamCaptureWrongThread:
      return "attempt to terminate a thread-local capture sequence from another thread";
    case cudaErrorInvalidConfiguration:
    case cudaErrorLaunchFailure: return cudasim::last_failure();
    default: return "invalid argument";
  }
}
