#include "ops/elementwise/binary_kernels.h"

#include "cpu/output.h"
#include "ops/elementwise/binary_functors.h"

namespace afina {
namespace {

// An operand of a row: an array, or one value for all of it.
template <class T, bool repeated>
struct Row {
  const T* values;
  Vec<T> value;
  KERNEL_INLINE explicit Row(const T* p) : values(p), value(repeated ? broadcast(*p) : Vec<T>{}) {}
  KERNEL_INLINE Vec<T> at(int64_t i) const { return repeated ? value : load(values + i); }
  KERNEL_INLINE Vec<T> rest(int64_t i, int64_t n) const {
    return repeated ? value : load_partial(values + i, n, T{1});
  }
};

template <class F, class T, class R, bool a_repeated, bool b_repeated>
void row_of(const T* a, const T* b, Output<R> y, int64_t n) {
  const Row<T, a_repeated> left(a);
  const Row<T, b_repeated> right(b);
  int64_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) y.put(i, F{}.value(left.at(i), right.at(i)));
  if (i < n) y.put(i, F{}.value(left.rest(i, n - i), right.rest(i, n - i)), n - i);
}

// A functor's three rows.  The walk over the rows knows no functor: one is compiled for each dtype.
template <class T, class R>
struct RowKernels {
  using Kernel = void (*)(const T*, const T*, Output<R>, int64_t);
  Kernel arrays, a_repeated, b_repeated;
};

constexpr int64_t kShortRow = 64;     // a repeated row up to this long ...
constexpr int64_t kWrittenOut = 512;  // ... is written out to at most this many elements

// Is this an array of short rows with one row that is repeated for all of them?  (x + bias with few channels)
KERNEL_INLINE bool repeats_short_row(const BroadcastLoop& loop, int array, int row) {
  return loop.rank == 2 && loop.size[1] <= kShortRow && loop.size[0] >= kWrittenOut &&
         loop.step[array][1] == 1 && loop.step[array][0] == loop.size[1] && loop.step[row][0] == 0 &&
         loop.step[row][1] == 1;
}

// The repeated row written out until it is long enough for vectors, then many rows at a time.
template <class T, class R>
void short_rows(RowKernels<T, R> kernels, const T* array, const T* row, R* y, const BroadcastLoop& loop,
                bool row_first) {
  const int64_t n = loop.size[1], group = kWrittenOut / n, rows = loop.size[0];
  T written[kWrittenOut];
  for (int64_t i = 0; i < group * n; ++i) written[i] = row[i % n];
  const T* const repeated = written;
  const Output<R> out(y, rows * n);
  parallel_range((rows + group - 1) / group, kGrain / (group * n), [=](int64_t begin, int64_t end) {
    for (int64_t g = begin; g < end; ++g) {
      const int64_t at = g * group * n, count = (g + 1) * group <= rows ? group * n : rows * n - at;
      const T* const piece = array + at;
      kernels.arrays(row_first ? repeated : piece, row_first ? piece : repeated, out.from(at), count);
    }
  });
}

template <class T, class R>
void all_rows(RowKernels<T, R> kernels, const T* a, const T* b, R* y, const BroadcastLoop& loop) {
  if (repeats_short_row(loop, 0, 1)) return short_rows(kernels, a, b, y, loop, false);
  if (repeats_short_row(loop, 1, 0)) return short_rows(kernels, b, a, y, loop, true);
  const auto kernel = loop.inner_step(0) == 0   ? kernels.a_repeated
                      : loop.inner_step(1) == 0 ? kernels.b_repeated
                                                : kernels.arrays;
  const Output<R> out(y, element_count(loop));
  for_each_row<2>(loop, [=](const int64_t* offset, int64_t at, int64_t n) {
    kernel(a + offset[0], b + offset[1], out.from(at), n);
  });
}

// The list turned into an array of kernels.
template <class T, class R, class... F>
RowKernels<T, R> kernels_at(int function, List<F...>) {
  static constexpr RowKernels<T, R> kKernels[] = {
      {&row_of<F, T, R, false, false>, &row_of<F, T, R, true, false>, &row_of<F, T, R, false, true>}...};
  return kKernels[function];
}

}  // namespace

template <Isa I, class T>
void arithmetic_cpu(int function, const T* a, const T* b, T* y, const BroadcastLoop& loop) {
  all_rows(kernels_at<T, T>(function, ArithmeticFunctors{}), a, b, y, loop);
}

template <Isa I, class T>
void comparison_cpu(int function, const T* a, const T* b, bool* y, const BroadcastLoop& loop) {
  all_rows(kernels_at<T, bool>(function, ComparisonFunctors{}), a, b, y, loop);
}

template void arithmetic_cpu<kIsa, float>(int, const float*, const float*, float*, const BroadcastLoop&);
template void arithmetic_cpu<kIsa, double>(int, const double*, const double*, double*, const BroadcastLoop&);
template void arithmetic_cpu<kIsa, int32_t>(int, const int32_t*, const int32_t*, int32_t*,
                                            const BroadcastLoop&);
template void arithmetic_cpu<kIsa, int64_t>(int, const int64_t*, const int64_t*, int64_t*,
                                            const BroadcastLoop&);
template void comparison_cpu<kIsa, uint8_t>(int, const uint8_t*, const uint8_t*, bool*, const BroadcastLoop&);
template void comparison_cpu<kIsa, float>(int, const float*, const float*, bool*, const BroadcastLoop&);
template void comparison_cpu<kIsa, double>(int, const double*, const double*, bool*, const BroadcastLoop&);
template void comparison_cpu<kIsa, int32_t>(int, const int32_t*, const int32_t*, bool*, const BroadcastLoop&);
template void comparison_cpu<kIsa, int64_t>(int, const int64_t*, const int64_t*, bool*, const BroadcastLoop&);

}  // namespace afina
