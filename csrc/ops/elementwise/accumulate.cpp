#include "ops/elementwise/accumulate.h"

#include "core/launch.h"

namespace afina {

template <Isa, class T>
void accumulate_cpu(T* target, const T* x, int64_t n);
template <class T>
void accumulate_cuda(T* target, const T* x, int64_t n, Stream& stream);

void accumulate(Tensor& target, const Tensor& x) {
  if (target.shape() != x.shape() || target.dtype() != x.dtype())
    fail<ShapeError>("accumulate", "cannot add ", x.dtype(), " of shape ", x.shape(), " to ", target.dtype(),
                     " of shape ", target.shape());
  visit_floating(target.dtype(), "accumulate", [&]<class T>() {
    launch(
        target.device(), [=]<Isa I>() { accumulate_cpu<I>(target.data<T>(), x.data<T>(), x.size()); },
        [=](auto& stream) { accumulate_cuda(target.data<T>(), x.data<T>(), x.size(), stream); });
  });
}

}  // namespace afina
