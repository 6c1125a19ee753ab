#include "ops/random/uniform.h"

#include "core/launch.h"

namespace afina {

template <Isa, class T>
void uniform_cpu(RandomKey key, T low, T width, T largest, T* y, int64_t n);
template <class T>
void uniform_cuda(KernelKey key, T low, T width, T largest, T* y, int64_t n, Stream& stream);
template <Isa>
void bernoulli_cpu(RandomKey key, uint32_t last_true, bool* y, int64_t n);
void bernoulli_cuda(KernelKey key, uint32_t last_true, bool* y, int64_t n, Stream& stream);

Tensor random_uniform(const Shape& shape, double low, double high, DType dtype, const RandomSeed& seed) {
  check_finite_argument("random_uniform", "low", low);
  check_finite_argument("random_uniform", "high", high);
  if (low > high) fail<ArgumentError>("random_uniform", "low ", low, " is above high ", high);
  return visit_floating(dtype, "random_uniform", [&]<class T>() {
    const T bottom = static_cast<T>(low), top = static_cast<T>(high);
    check_finite_argument("random_uniform", "high - low", static_cast<double>(top - bottom));
    Tensor y = empty(shape, dtype, current_device());
    const DrawnKey key = random_key(seed);
    // Rounding could give `high` itself; the largest number below it stands in.
    const T largest = bottom < top ? std::nextafter(top, bottom) : top;
    launch(
        y.device(),
        [=]<Isa I>() { uniform_cpu<I>(key, bottom, top - bottom, largest, y.data<T>(), y.size()); },
        [=](auto& stream) {
          uniform_cuda(key, bottom, top - bottom, largest, y.data<T>(), y.size(), stream);
        });
    return y;
  });
}

Tensor random_bernoulli(const Shape& shape, double p, const RandomSeed& seed) {
  if (!(p >= 0 && p <= 1)) fail<ArgumentError>("random_bernoulli", "p must lie in [0, 1], got ", p);
  const DrawnKey key = random_key(seed);
  if (p == 0) return zeros(shape, DType::boolean, current_device());
  Tensor y = empty(shape, DType::boolean, current_device());
  launch(
      y.device(), [=]<Isa I>() { bernoulli_cpu<I>(key, last_word_of(p), y.data<bool>(), y.size()); },
      [=](auto& stream) { bernoulli_cuda(key, last_word_of(p), y.data<bool>(), y.size(), stream); });
  return y;
}

}  // namespace afina
