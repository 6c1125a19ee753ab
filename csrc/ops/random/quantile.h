#pragma once

#include "ops/elementwise/value_math.h"

// The quantile of the standard normal distribution as ratios of polynomials (Wichura 1988, AS 241): one near
// the centre, one or two in the tails.  PPND7 serves float, PPND16 double.  V: see value_math.h.
namespace afina {

// The polynomial with these coefficients, highest power first.
template <class V, class... Rest>
KERNEL_INLINE V horner(V x, double first, Rest... rest) {
  V y = splat<V>(first);
  ((y = y * x + splat<V>(rest)), ...);
  return y;
}

// The quantile's size at a fraction p in (0, 1/2]; it is negative there.
template <class V>
KERNEL_INLINE V quantile_size(V p) {
  const V q = splat<V>(0.5) - p;
  const V r = splat<V>(0.180625) - q * q;
  const V root = sqrt(-log(p));
  const V near = root - splat<V>(1.6);
  const auto central = q <= splat<V>(0.425);
  // One division for all: the branches meet before it.
  if constexpr (sizeof(Scalar<V>) == 4) {  // 31 bits never reach the far tail
    const V above =
        central ? q * horner(r, 5.9109374720e+01, 1.5929113202e+02, 5.0434271938e+01, 3.3871327179e+00)
                : horner(near, 1.7023821103e-01, 1.3067284816e+00, 2.7568153900e+00, 1.4234372777e+00);
    const V below = central ? horner(r, 6.7187563600e+01, 7.8757757664e+01, 1.7895169469e+01, 1.0)
                            : horner(near, 1.2021132975e-01, 7.3700164250e-01, 1.0);
    return above / below;
  } else {
    const V far = root - splat<V>(5);
    const auto moderate = root <= splat<V>(5);
    const V tail =
        moderate ? horner(near, 7.74545014278341407640e-4, 2.27238449892691845833e-2,
                          2.41780725177450611770e-1, 1.27045825245236838258e+0, 3.64784832476320460504e+0,
                          5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0)
                 : horner(far, 2.01033439929228813265e-7, 2.71155556874348757815e-5,
                          1.24266094738807843860e-3, 2.65321895265761230930e-2, 2.96560571828504891230e-1,
                          1.78482653991729133580e+0, 5.46378491116411436990e+0, 6.65790464350110377720e+0);
    const V tail_below =
        moderate ? horner(near, 1.05075007164441684324e-9, 5.47593808499534494600e-4,
                          1.51986665636164571966e-2, 1.48103976427480074590e-1, 6.89767334985100004550e-1,
                          1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0)
                 : horner(far, 2.04426310338993978564e-15, 1.42151175831644588870e-7,
                          1.84631831751005468180e-5, 7.86869131145613259100e-4, 1.48753612908506148525e-2,
                          1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0);
    const V above =
        central ? q * horner(r, 2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                             4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
                             1.3314166789178437745e+2, 3.3871328727963666080e+0)
                : tail;
    const V below = central
                        ? horner(r, 5.2264952788528545610e+3, 2.8729085735721942674e+4,
                                 3.9307895800092710610e+4, 2.1213794301586595867e+4, 5.3941960214247511077e+3,
                                 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0)
                        : tail_below;
    return above / below;
  }
}

}  // namespace afina
