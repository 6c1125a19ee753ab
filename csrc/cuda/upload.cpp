#include "cuda/upload.h"

#include "core/cuda.h"

namespace afina {

Upload::Upload(const Tensor& x, [[maybe_unused]] Device device) : copy_(x) {
  if constexpr (kHasCuda) {
    if (device.is_cpu() || !x.device().is_cpu()) {
      copy_ = x.device() == device ? x : copied(x, device);
    } else {
      StoragePtr storage = begin_upload(x.raw(), x.bytes(), device, arrived_);
      copy_ = Tensor(std::move(storage), 0, x.shape(), x.dtype());
    }
  }
}

// Without the wait the memory could be given to a kernel while the copy is still on its way.
Upload::~Upload() {
  if (arrived_ == nullptr) return;
  try {
    static_cast<void>(take());
  } catch (...) {  // the process ends, and the driver before us
  }
}

Tensor Upload::take() {
  if constexpr (kHasCuda) {
    if (arrived_ != nullptr) await_upload(*copy_.storage(), arrived_);
  }
  return copy_;
}

}  // namespace afina
