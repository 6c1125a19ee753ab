#include "ops/random/dropout.h"

#include "core/launch.h"
#include "core/node.h"

namespace afina {

// y = x / divisor where the element's word is at most `last_kept`, else 0.
template <Isa, class T>
void dropout_cpu(RandomKey key, uint32_t last_kept, T divisor, const T* x, T* y, int64_t n);
template <class T>
void dropout_cuda(KernelKey key, uint32_t last_kept, T divisor, const T* x, T* y, int64_t n, Stream& stream);

namespace {

Tensor dropped(const Tensor& x, double rate, bool scaled, const DrawnKey& key) {
  return visit_floating(x.dtype(), "dropout", [&]<class T>() {
    Tensor y = empty_like(x);
    const T divisor = scaled ? static_cast<T>(1 - rate) : T{1};
    launch(
        x.device(),
        [=]<Isa I>() {
          dropout_cpu<I>(key, last_word_of(1 - rate), divisor, x.data<T>(), y.data<T>(), x.size());
        },
        [=](auto& stream) {
          dropout_cuda(key, last_word_of(1 - rate), divisor, x.data<T>(), y.data<T>(), x.size(), stream);
        });
    return y;
  });
}

}  // namespace

Tensor dropout(const Tensor& x, double rate, bool scaled, const RandomSeed& seed) {
  if (!(rate >= 0 && rate < 1)) fail<ArgumentError>("dropout", "rate must lie in [0, 1), got ", rate);
  if (!is_floating(x.dtype())) fail<DTypeError>("dropout", "needs float32 or float64, got ", x.dtype());
  const DrawnKey key = random_key(seed);
  return record("dropout", {x}, dropped(x, rate, scaled, key),
                [=](const Tensor& dy) -> Gradients { return {dropped(dy, rate, scaled, key)}; });
}

}  // namespace afina
