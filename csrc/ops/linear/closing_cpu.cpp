#include "core/isa.h"
#include "cpu/allocator.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"

namespace afina {

constexpr int64_t kGrain = 32768;    // elements a chunk: below this a second thread costs more than it brings
constexpr int64_t kMostChunks = 64;  // each has its own sums of the bias gradient

// dz = dy * slope(y) (dz null: not wanted) and dbias = the sum of dz over the rows (null: not wanted).
// Chunks of rows are summed on their own, then added in their order.
template <Isa I, class T>
void closing_grad_cpu(bool relu, const T* y, const T* dy, T* dz, T* dbias, int64_t rows, int64_t n) {
  if (n == 0) return;
  const int64_t fewest = kGrain / n + 1, even = (rows + kMostChunks - 1) / kMostChunks;
  const int64_t chunk_rows = fewest > even ? fewest : even;
  const int64_t chunks = rows > 0 ? (rows + chunk_rows - 1) / chunk_rows : 0;
  const size_t sums_bytes = static_cast<size_t>(chunks * n) * sizeof(T);
  T* const sums = dbias != nullptr && chunks > 1 ? static_cast<T*>(allocate_cpu(sums_bytes)) : dbias;
  parallel_chunks(chunks, [&](int64_t chunk) {
    const int64_t begin = chunk * chunk_rows, end = begin + chunk_rows < rows ? begin + chunk_rows : rows;
    for (int64_t j = 0; j < n; j += kLanes<T>) {
      const int64_t count = n - j < kLanes<T> ? n - j : kLanes<T>;
      Vec<T> sum{};
      const auto column = [&](const auto& get, const auto& put) __attribute__((always_inline)) {
        for (int64_t i = begin; i < end; ++i) {
          Vec<T> d = get(dy + i * n + j);
          if (relu) {
            d = select(get(y + i * n + j) > Vec<T>{}, d, Vec<T>{});
            put(dz + i * n + j, d);
          }
          sum += d;
        }
      };
      if (count == kLanes<T>)
        column([](const T* p) __attribute__((always_inline)) { return load(p); },
               [](T* p, Vec<T> v) __attribute__((always_inline)) { store(p, v); });
      else
        column([=](const T* p) __attribute__((always_inline)) { return load_partial(p, count); },
               [=](T* p, Vec<T> v) __attribute__((always_inline)) { store_partial(p, v, count); });
      if (sums != nullptr) store_partial(sums + chunk * n + j, sum, count);
    }
  });
  if (dbias == nullptr || chunks == 1) return;
  for (int64_t j = 0; j < n; ++j) {
    T sum{};
    for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += sums[chunk * n + j];
    dbias[j] = sum;
  }
  if (sums != dbias) free_cpu(sums, sums_bytes);
}

template void closing_grad_cpu<kIsa, float>(bool, const float*, const float*, float*, float*, int64_t,
                                            int64_t);
template void closing_grad_cpu<kIsa, double>(bool, const double*, const double*, double*, double*, int64_t,
                                             int64_t);

}  // namespace afina
