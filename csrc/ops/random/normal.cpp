#include "ops/random/normal.h"

#include "core/launch.h"

namespace afina {

// Fractions from `lowest` to 1 - lowest, |z| at most `limit`.
template <Isa, class T>
void normal_cpu(RandomKey key, T mean, T stddev, T lowest, T limit, T* y, int64_t n);
template <class T>
void normal_cuda(KernelKey key, T mean, T stddev, T lowest, T limit, T* y, int64_t n, Stream& stream);

namespace {

Tensor normal(const char* op, const Shape& shape, double mean, double stddev, double lowest, double limit,
              DType dtype, const RandomSeed& seed) {
  check_finite_argument(op, "mean", mean);
  check_finite_argument(op, "stddev", stddev);
  if (stddev < 0) fail<ArgumentError>(op, "stddev must not be negative, got ", stddev);
  return visit_floating(dtype, op, [&]<class T>() {
    Tensor y = empty(shape, dtype, current_device());
    const DrawnKey key = random_key(seed);
    launch(
        y.device(),
        [=]<Isa I>() {
          normal_cpu<I>(key, static_cast<T>(mean), static_cast<T>(stddev), static_cast<T>(lowest),
                        static_cast<T>(limit), y.data<T>(), y.size());
        },
        [=](auto& stream) {
          normal_cuda(key, static_cast<T>(mean), static_cast<T>(stddev), static_cast<T>(lowest),
                      static_cast<T>(limit), y.data<T>(), y.size(), stream);
        });
    return y;
  });
}

}  // namespace

Tensor random_normal(const Shape& shape, double mean, double stddev, DType dtype, const RandomSeed& seed) {
  return normal("random_normal", shape, mean, stddev, 0, INFINITY, dtype, seed);
}

Tensor truncated_normal(const Shape& shape, double mean, double stddev, DType dtype, const RandomSeed& seed) {
  constexpr double kBelowMinusTwo = 0.022750131948179207;  // the probability of z < -2
  return normal("truncated_normal", shape, mean, stddev, kBelowMinusTwo, 2, dtype, seed);
}

}  // namespace afina
