#include "cuda/launch.h"
#include "ops/elementwise/converted.h"

namespace afina {
namespace {

template <class From, class To>
__global__ void __launch_bounds__(kThreads) convert(const From* x, To* y, int64_t n) {
  for (int64_t i = first_element(); i < n; i += element_step()) y[i] = converted<To>(x[i]);
}

}  // namespace

template <class From, class To>
void cast_cuda(const From* x, To* y, int64_t n, Stream& stream) {
  launch_kernel("cast", stream, {grid_for(n), kThreads}, convert<From, To>, x, y, n);
}

template void cast_cuda(const bool*, bool*, int64_t, Stream&);
template void cast_cuda(const bool*, uint8_t*, int64_t, Stream&);
template void cast_cuda(const bool*, int32_t*, int64_t, Stream&);
template void cast_cuda(const bool*, int64_t*, int64_t, Stream&);
template void cast_cuda(const bool*, float*, int64_t, Stream&);
template void cast_cuda(const bool*, double*, int64_t, Stream&);
template void cast_cuda(const uint8_t*, bool*, int64_t, Stream&);
template void cast_cuda(const uint8_t*, uint8_t*, int64_t, Stream&);
template void cast_cuda(const uint8_t*, int32_t*, int64_t, Stream&);
template void cast_cuda(const uint8_t*, int64_t*, int64_t, Stream&);
template void cast_cuda(const uint8_t*, float*, int64_t, Stream&);
template void cast_cuda(const uint8_t*, double*, int64_t, Stream&);
template void cast_cuda(const int32_t*, bool*, int64_t, Stream&);
template void cast_cuda(const int32_t*, uint8_t*, int64_t, Stream&);
template void cast_cuda(const int32_t*, int32_t*, int64_t, Stream&);
template void cast_cuda(const int32_t*, int64_t*, int64_t, Stream&);
template void cast_cuda(const int32_t*, float*, int64_t, Stream&);
template void cast_cuda(const int32_t*, double*, int64_t, Stream&);
template void cast_cuda(const int64_t*, bool*, int64_t, Stream&);
template void cast_cuda(const int64_t*, uint8_t*, int64_t, Stream&);
template void cast_cuda(const int64_t*, int32_t*, int64_t, Stream&);
template void cast_cuda(const int64_t*, int64_t*, int64_t, Stream&);
template void cast_cuda(const int64_t*, float*, int64_t, Stream&);
template void cast_cuda(const int64_t*, double*, int64_t, Stream&);
template void cast_cuda(const float*, bool*, int64_t, Stream&);
template void cast_cuda(const float*, uint8_t*, int64_t, Stream&);
template void cast_cuda(const float*, int32_t*, int64_t, Stream&);
template void cast_cuda(const float*, int64_t*, int64_t, Stream&);
template void cast_cuda(const float*, float*, int64_t, Stream&);
template void cast_cuda(const float*, double*, int64_t, Stream&);
template void cast_cuda(const double*, bool*, int64_t, Stream&);
template void cast_cuda(const double*, uint8_t*, int64_t, Stream&);
template void cast_cuda(const double*, int32_t*, int64_t, Stream&);
template void cast_cuda(const double*, int64_t*, int64_t, Stream&);
template void cast_cuda(const double*, float*, int64_t, Stream&);
template void cast_cuda(const double*, double*, int64_t, Stream&);

}  // namespace afina
