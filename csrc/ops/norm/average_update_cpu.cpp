#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"

namespace afina {

template <Isa I, class T>
void average_update_cpu(T* average, const T* value, T momentum, T rest, int64_t n) {
  parallel_range(n, kGrain, [=](int64_t begin, int64_t end) {
    map_row(average + begin, value + begin, average + begin, end - begin,
            [=](Vec<T> a, Vec<T> v) { return momentum * a + rest * v; });
  });
}

template void average_update_cpu<kIsa>(float*, const float*, float, float, int64_t);
template void average_update_cpu<kIsa>(double*, const double*, double, double, int64_t);

}  // namespace afina
