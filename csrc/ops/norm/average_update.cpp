#include "ops/norm/average_update.h"

#include "core/launch.h"

namespace afina {
namespace {

constexpr const char* kName = "average_update";

void check(const Tensor& average, const Tensor& value, double momentum) {
  if (!is_floating(average.dtype()))
    fail<DTypeError>(kName, "average needs float32 or float64, got ", average.dtype());
  if (value.dtype() != average.dtype())
    fail<DTypeError>(kName, "value is ", value.dtype(), ", average is ", average.dtype());
  if (value.shape() != average.shape())
    fail<ShapeError>(kName, "value has shape ", value.shape(), ", average has ", average.shape());
  if (value.device() != average.device())
    fail<DeviceError>(kName, "value is on ", value.device(), ", average on ", average.device());
  if (!(momentum >= 0 && momentum <= 1))
    fail<ArgumentError>(kName, "momentum must lie in [0, 1], got ", momentum);
  if (!average.storage()->writable)
    fail<ArgumentError>(kName, "average is read-only memory and cannot be updated in place");
  if (value.storage() == average.storage()) fail<ArgumentError>(kName, "average shares memory with value");
}

}  // namespace

template <Isa, class T>
void average_update_cpu(T* average, const T* value, T momentum, T rest, int64_t n);
template <class T>
void average_update_cuda(T* average, const T* value, T momentum, T rest, int64_t n, Stream& stream);

void average_update(const Tensor& average, const Tensor& value, double momentum) {
  check(average, value, momentum);
  visit_floating(average.dtype(), kName, [&]<class T>() {
    const T kept = static_cast<T>(momentum), rest = static_cast<T>(1 - momentum);
    launch(
        average.device(),
        [=]<Isa I>() { average_update_cpu<I>(average.data<T>(), value.data<T>(), kept, rest, value.size()); },
        [=](auto& stream) {
          average_update_cuda(average.data<T>(), value.data<T>(), kept, rest, value.size(), stream);
        });
  });
}

}  // namespace afina
