#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"

namespace afina {

template <Isa I, class T>
void accumulate_cpu(T* target, const T* x, int64_t n) {
  parallel_range(n, kGrain, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes<T> <= end; i += kLanes<T>) store(target + i, load(target + i) + load(x + i));
    if (i < end)
      store_partial(target + i, load_partial(target + i, end - i) + load_partial(x + i, end - i), end - i);
  });
}

template void accumulate_cpu<kIsa, float>(float*, const float*, int64_t);
template void accumulate_cpu<kIsa, double>(double*, const double*, int64_t);

}  // namespace afina
