#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "ops/elementwise/converted.h"

namespace afina {

template <Isa I, class From, class To>
void cast_cpu(const From* x, To* y, int64_t n) {
  parallel_range(n, kGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = converted<To>(x[i]);
  });
}

template void cast_cpu<kIsa, bool, bool>(const bool*, bool*, int64_t);
template void cast_cpu<kIsa, bool, uint8_t>(const bool*, uint8_t*, int64_t);
template void cast_cpu<kIsa, bool, int32_t>(const bool*, int32_t*, int64_t);
template void cast_cpu<kIsa, bool, int64_t>(const bool*, int64_t*, int64_t);
template void cast_cpu<kIsa, bool, float>(const bool*, float*, int64_t);
template void cast_cpu<kIsa, bool, double>(const bool*, double*, int64_t);
template void cast_cpu<kIsa, uint8_t, bool>(const uint8_t*, bool*, int64_t);
template void cast_cpu<kIsa, uint8_t, uint8_t>(const uint8_t*, uint8_t*, int64_t);
template void cast_cpu<kIsa, uint8_t, int32_t>(const uint8_t*, int32_t*, int64_t);
template void cast_cpu<kIsa, uint8_t, int64_t>(const uint8_t*, int64_t*, int64_t);
template void cast_cpu<kIsa, uint8_t, float>(const uint8_t*, float*, int64_t);
template void cast_cpu<kIsa, uint8_t, double>(const uint8_t*, double*, int64_t);
template void cast_cpu<kIsa, int32_t, bool>(const int32_t*, bool*, int64_t);
template void cast_cpu<kIsa, int32_t, uint8_t>(const int32_t*, uint8_t*, int64_t);
template void cast_cpu<kIsa, int32_t, int32_t>(const int32_t*, int32_t*, int64_t);
template void cast_cpu<kIsa, int32_t, int64_t>(const int32_t*, int64_t*, int64_t);
template void cast_cpu<kIsa, int32_t, float>(const int32_t*, float*, int64_t);
template void cast_cpu<kIsa, int32_t, double>(const int32_t*, double*, int64_t);
template void cast_cpu<kIsa, int64_t, bool>(const int64_t*, bool*, int64_t);
template void cast_cpu<kIsa, int64_t, uint8_t>(const int64_t*, uint8_t*, int64_t);
template void cast_cpu<kIsa, int64_t, int32_t>(const int64_t*, int32_t*, int64_t);
template void cast_cpu<kIsa, int64_t, int64_t>(const int64_t*, int64_t*, int64_t);
template void cast_cpu<kIsa, int64_t, float>(const int64_t*, float*, int64_t);
template void cast_cpu<kIsa, int64_t, double>(const int64_t*, double*, int64_t);
template void cast_cpu<kIsa, float, bool>(const float*, bool*, int64_t);
template void cast_cpu<kIsa, float, uint8_t>(const float*, uint8_t*, int64_t);
template void cast_cpu<kIsa, float, int32_t>(const float*, int32_t*, int64_t);
template void cast_cpu<kIsa, float, int64_t>(const float*, int64_t*, int64_t);
template void cast_cpu<kIsa, float, float>(const float*, float*, int64_t);
template void cast_cpu<kIsa, float, double>(const float*, double*, int64_t);
template void cast_cpu<kIsa, double, bool>(const double*, bool*, int64_t);
template void cast_cpu<kIsa, double, uint8_t>(const double*, uint8_t*, int64_t);
template void cast_cpu<kIsa, double, int32_t>(const double*, int32_t*, int64_t);
template void cast_cpu<kIsa, double, int64_t>(const double*, int64_t*, int64_t);
template void cast_cpu<kIsa, double, float>(const double*, float*, int64_t);
template void cast_cpu<kIsa, double, double>(const double*, double*, int64_t);

}  // namespace afina
