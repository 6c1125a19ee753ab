#pragma once

#include "core/device.h"
#include "core/tensor.h"

// A copy to a device that runs beside its kernels, on a stream of its own.  Nothing here needs CUDA.
namespace afina {

class Upload {
 public:
  Upload(const Tensor& x, Device device);  // x on the CPU; it has been read when the constructor returns
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  // The copy.  What this thread asks of the device from here on waits until it has arrived; the host does not
  // wait.
  Tensor take();

 private:
  Tensor copy_;
  void* arrived_ = nullptr;  // an event, while nothing waits for it
};

// What Upload asks of the CUDA toolbox.
StoragePtr begin_upload(const void* from, size_t bytes, Device device, void*& arrived);
void await_upload(Storage& storage, void*& arrived);  // this thread's stream does

}  // namespace afina
