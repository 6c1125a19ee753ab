#include <cstdint>

#include "core/isa.h"
#include "core/random.h"
#include "cpu/math.h"
#include "cpu/philox.h"
#include "cpu/vec.h"

// The quantile of the standard normal distribution as ratios of polynomials (Wichura 1988, AS 241): one near
// the centre, one or two in the tails.  Highest powers first.  PPND7 serves float, PPND16 double.
namespace afina {
namespace {

inline constexpr double kShortCentre[] = {5.9109374720e+01, 1.5929113202e+02, 5.0434271938e+01,
                                          3.3871327179e+00};
inline constexpr double kShortCentreBelow[] = {6.7187563600e+01, 7.8757757664e+01, 1.7895169469e+01, 1.0};
inline constexpr double kShortTail[] = {1.7023821103e-01, 1.3067284816e+00, 2.7568153900e+00,
                                        1.4234372777e+00};
inline constexpr double kShortTailBelow[] = {1.2021132975e-01, 7.3700164250e-01, 1.0};

inline constexpr double kCentre[] = {
    2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4, 4.5921953931549871457e+4,
    1.3731693765509461125e+4, 1.9715909503065514427e+3, 1.3314166789178437745e+2, 3.3871328727963666080e+0};
inline constexpr double kCentreBelow[] = {
    5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
    5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0};
inline constexpr double kTail[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                   2.41780725177450611770e-1, 1.27045825245236838258e+0,
                                   3.64784832476320460504e+0, 5.76949722146069140550e+0,
                                   4.63033784615654529590e+0, 1.42343711074968357734e+0};
inline constexpr double kTailBelow[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                        1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                        6.89767334985100004550e-1, 1.67638483018380384940e+0,
                                        2.05319162663775882187e+0, 1.0};
inline constexpr double kFar[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                  1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                  2.96560571828504891230e-1, 1.78482653991729133580e+0,
                                  5.46378491116411436990e+0, 6.65790464350110377720e+0};
inline constexpr double kFarBelow[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                       1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                       1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                       5.99832206555887937690e-1,  1.0};

template <class V, int kCount>
KERNEL_INLINE V polynomial(V x, const double (&coefficients)[kCount]) {
  V y = splat<V>(coefficients[0]);
  for (int k = 1; k < kCount; ++k) y = y * x + splat<V>(coefficients[k]);
  return y;
}

// The quantile's size at a fraction p in (0, 1/2]; it is negative there.
template <class T>
KERNEL_INLINE Vec<T> quantile_size(Vec<T> p) {
  using V = Vec<T>;
  const V q = splat<V>(0.5) - p;
  const V r = splat<V>(0.180625) - q * q;
  const V root = sqrt(-log(p));
  const V near = root - splat<V>(1.6);
  const auto central = q <= splat<V>(0.425);
  // One division for all: the branches meet before it.
  if constexpr (sizeof(T) == 4) {  // 31 bits never reach the far tail
    const V above = central ? q * polynomial(r, kShortCentre) : polynomial(near, kShortTail);
    const V below = central ? polynomial(r, kShortCentreBelow) : polynomial(near, kShortTailBelow);
    return above / below;
  } else {
    const V far = root - splat<V>(5);
    const auto moderate = root <= splat<V>(5);
    const V tail = moderate ? polynomial(near, kTail) : polynomial(far, kFar);
    const V tail_below = moderate ? polynomial(near, kTailBelow) : polynomial(far, kFarBelow);
    const V above = central ? q * polynomial(r, kCentre) : tail;
    const V below = central ? polynomial(r, kCentreBelow) : tail_below;
    return above / below;
  }
}

// All bits but the last as a fraction in (0, 1/2]; the last one is the sign.
KERNEL_INLINE Vec<float> half_fraction(Words bits) {
  return (__builtin_convertvector(reinterpret_cast<Vec<int32_t>>(bits >> 1), Vec<float>) + 0.5F) * 0x1p-32F;
}
KERNEL_INLINE Vec<double> half_fraction(WideWords bits) {
  return (__builtin_convertvector(reinterpret_cast<Vec<int64_t>>(bits >> 1), Vec<double>) + 0.5) * 0x1p-64;
}

}  // namespace

template <Isa I, class T>
void normal_cpu(RandomKey key, T mean, T stddev, T lowest, T limit, T* y, int64_t n) {
  const T width = T{1} - T{2} * lowest;
  each_random<T>(key, n, [=](int64_t i, RandomBits<T> bits, int64_t count) {
    const Vec<T> size = min(quantile_size<T>(lowest + half_fraction(bits) * width), Vec<T>{} + limit);
    const Vec<T> z = (bits & 1) == 1 ? size : -size;
    const Vec<T> v = mean + stddev * z;
    if (count == kLanes<T>)
      store(y + i, v);
    else
      store_partial(y + i, v, count);
  });
}

template void normal_cpu<kIsa>(RandomKey, float, float, float, float, float*, int64_t);
template void normal_cpu<kIsa>(RandomKey, double, double, double, double, double*, int64_t);

}  // namespace afina
