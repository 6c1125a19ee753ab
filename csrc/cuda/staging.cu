#include "cuda/staging.h"

#include <array>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/check.h"
#include "cuda/stream.h"

namespace afina {
namespace {

// Equal pieces of pinned memory taken in turn; an event says when the last copy out of a piece is done.
class Ring {
 public:
  Ring(size_t piece_bytes, size_t pieces) : piece_bytes_(piece_bytes), pieces_(pieces) {}

  void copy(void* to, const void* from, size_t bytes, cudaStream_t stream) {
    const std::lock_guard lock(mutex_);
    if (events_.empty()) allocate();
    for (size_t done = 0; done < bytes; done += piece_bytes_) {
      const size_t part = bytes - done < piece_bytes_ ? bytes - done : piece_bytes_;
      char* const piece = memory_ + next_ * piece_bytes_;
      check_cuda("copy", cudaEventSynchronize(events_[next_]));
      std::memcpy(piece, static_cast<const char*>(from) + done, part);
      check_cuda("copy",
                 cudaMemcpyAsync(static_cast<char*>(to) + done, piece, part, cudaMemcpyHostToDevice, stream));
      check_cuda("copy", cudaEventRecord(events_[next_], stream));
      next_ = (next_ + 1) % pieces_;
    }
  }

 private:
  void allocate() {
    void* memory = nullptr;
    check_cuda("copy", cudaHostAlloc(&memory, piece_bytes_ * pieces_, cudaHostAllocDefault));
    memory_ = static_cast<char*>(memory);
    for (size_t i = 0; i < pieces_; ++i) {
      cudaEvent_t event{};
      check_cuda("copy", cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
      events_.push_back(event);
    }
  }

  size_t piece_bytes_, pieces_, next_ = 0;
  std::mutex mutex_;
  char* memory_ = nullptr;
  std::vector<cudaEvent_t> events_;
};

// Labels and scalars must not use up the pieces of large arrays.
constexpr size_t kSmall = size_t{64} << 10, kLarge = size_t{4} << 20;
struct Rings {
  Ring small{kSmall, 64}, large{kLarge, 8};
};

}  // namespace

void copy_staged(void* to, const void* from, size_t bytes, Device device, cudaStream_t stream) {
  // Never destroyed: tensors held by the interpreter outlive static destructors.
  static auto* const all = new std::array<Rings, kMostDevices>;
  Rings& rings = (*all)[static_cast<size_t>(device.index)];
  (bytes <= kSmall ? rings.small : rings.large).copy(to, from, bytes, stream);
}

}  // namespace afina
