#include "ops/elementwise/cast.h"

#include "core/launch.h"
#include "core/node.h"

namespace afina {

template <Isa, class From, class To>
void cast_cpu(const From* x, To* y, int64_t n);
template <class From, class To>
void cast_cuda(const From* x, To* y, int64_t n, Stream& stream);

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = empty(x.shape(), dtype, x.device());
  visit_any(x.dtype(), [&]<class From>() {
    visit_any(dtype, [&]<class To>() {
      launch(
          x.device(), [=]<Isa I>() { cast_cpu<I>(x.data<From>(), y.data<To>(), x.size()); },
          [=](auto& stream) { cast_cuda(x.data<From>(), y.data<To>(), x.size(), stream); });
    });
  });
  if (!is_floating(x.dtype()) || !is_floating(dtype)) return y;
  return record("cast", {x}, y,
                [before = x.dtype()](const Tensor& dy) -> Gradients { return {cast(dy, before)}; });
}

}  // namespace afina
