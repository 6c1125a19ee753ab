#include <cstddef>
#include <cstdint>

#include "core/isa.h"
#include "cpu/copy.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"

// outer, n, inner: the sizes before, along and behind the axis that is indexed; count: how many indices.
namespace afina {

// Each index counted from the start; the position of the first one outside [-n, n), or -1.
template <Isa I, class Index>
int64_t resolve_indices_cpu(const Index* indices, int64_t* resolved, int64_t count, int64_t n) {
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = indices[i];
    if (index < -n || index >= n) return i;
    resolved[i] = index < 0 ? index + n : index;
  }
  return -1;
}

template <Isa I, class Word>
void gather_cpu(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n, int64_t count,
                int64_t inner) {
  constexpr int64_t kAhead = 4, kLine = 64 / static_cast<int64_t>(sizeof(Word)), kMostFetched = 16 * kLine;
  parallel_range(outer * count, items_per_chunk(inner), [=](int64_t begin, int64_t end) {
    if (inner < kLine) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t from = row / count * n + indices[row % count];
        __builtin_memcpy(y + row * inner, x + from * inner, static_cast<size_t>(inner) * sizeof(Word));
      }
      return;
    }
    const Word* table = x + begin / count * n * inner;
    for (int64_t row = begin, i = begin % count; row < end; ++row) {
      if (i + kAhead < count) {  // no prefetcher of the machine knows where the next rows are
        const Word* const next = table + indices[i + kAhead] * inner;
        for (int64_t j = 0; j < inner && j < kMostFetched; j += kLine) __builtin_prefetch(next + j);
      }
      copy_run(table + indices[i] * inner, y + row * inner, inner);
      if (++i == count) {
        i = 0;
        table += n * inner;
      }
    }
  });
}

// Two indices may name one row, so a chunk owns a band of columns and walks all indices in order: no races,
// and the same sums for every number of threads.
template <Isa I, class T>
void gather_grad_cpu(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n, int64_t count,
                     int64_t inner) {
  constexpr int64_t kBand = 64;  // columns a chunk: four cache lines of floats
  const int64_t bands = (inner + kBand - 1) / kBand;
  parallel_range(outer * bands, items_per_chunk(count * kBand), [=](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const int64_t block = chunk / bands, first = chunk % bands * kBand;
      const int64_t width = first + kBand < inner ? kBand : inner - first;
      for (int64_t i = 0; i < count; ++i) {
        const T* const from = dy + (block * count + i) * inner + first;
        T* const into = dx + (block * n + indices[i]) * inner + first;
        for (int64_t j = 0; j < width; ++j) into[j] += from[j];
      }
    }
  });
}

template <Isa I, class Word>
void take_along_axis_cpu(const Word* x, const int64_t* indices, Word* y, int64_t outer, int64_t n,
                         int64_t count, int64_t inner) {
  parallel_range(outer * count, items_per_chunk(inner), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Word* const from = x + row / count * n * inner;
      for (int64_t j = 0; j < inner; ++j) y[row * inner + j] = from[indices[row * inner + j] * inner + j];
    }
  });
}

template <Isa I, class T>
void take_along_axis_grad_cpu(const T* dy, const int64_t* indices, T* dx, int64_t outer, int64_t n,
                              int64_t count, int64_t inner) {
  parallel_range(outer, items_per_chunk(count * inner), [=](int64_t begin, int64_t end) {
    for (int64_t row = begin * count; row < end * count; ++row) {
      T* const into = dx + row / count * n * inner;
      for (int64_t j = 0; j < inner; ++j) into[indices[row * inner + j] * inner + j] += dy[row * inner + j];
    }
  });
}

template <Isa I, class T>
void one_hot_cpu(const int64_t* indices, T* y, int64_t count, int64_t depth) {
  for (int64_t i = 0; i < count; ++i) y[i * depth + indices[i]] = T{1};
}

template int64_t resolve_indices_cpu<kIsa, int32_t>(const int32_t*, int64_t*, int64_t, int64_t);
template int64_t resolve_indices_cpu<kIsa, int64_t>(const int64_t*, int64_t*, int64_t, int64_t);
template void gather_cpu<kIsa, uint8_t>(const uint8_t*, const int64_t*, uint8_t*, int64_t, int64_t, int64_t,
                                        int64_t);
template void gather_cpu<kIsa, uint32_t>(const uint32_t*, const int64_t*, uint32_t*, int64_t, int64_t,
                                         int64_t, int64_t);
template void gather_cpu<kIsa, uint64_t>(const uint64_t*, const int64_t*, uint64_t*, int64_t, int64_t,
                                         int64_t, int64_t);
template void take_along_axis_cpu<kIsa, uint8_t>(const uint8_t*, const int64_t*, uint8_t*, int64_t, int64_t,
                                                 int64_t, int64_t);
template void take_along_axis_cpu<kIsa, uint32_t>(const uint32_t*, const int64_t*, uint32_t*, int64_t,
                                                  int64_t, int64_t, int64_t);
template void take_along_axis_cpu<kIsa, uint64_t>(const uint64_t*, const int64_t*, uint64_t*, int64_t,
                                                  int64_t, int64_t, int64_t);
template void gather_grad_cpu<kIsa, float>(const float*, const int64_t*, float*, int64_t, int64_t, int64_t,
                                           int64_t);
template void gather_grad_cpu<kIsa, double>(const double*, const int64_t*, double*, int64_t, int64_t, int64_t,
                                            int64_t);
template void take_along_axis_grad_cpu<kIsa, float>(const float*, const int64_t*, float*, int64_t, int64_t,
                                                    int64_t, int64_t);
template void take_along_axis_grad_cpu<kIsa, double>(const double*, const int64_t*, double*, int64_t, int64_t,
                                                     int64_t, int64_t);
template void one_hot_cpu<kIsa, bool>(const int64_t*, bool*, int64_t, int64_t);
template void one_hot_cpu<kIsa, uint8_t>(const int64_t*, uint8_t*, int64_t, int64_t);
template void one_hot_cpu<kIsa, int32_t>(const int64_t*, int32_t*, int64_t, int64_t);
template void one_hot_cpu<kIsa, int64_t>(const int64_t*, int64_t*, int64_t, int64_t);
template void one_hot_cpu<kIsa, float>(const int64_t*, float*, int64_t, int64_t);
template void one_hot_cpu<kIsa, double>(const int64_t*, double*, int64_t, int64_t);

}  // namespace afina
