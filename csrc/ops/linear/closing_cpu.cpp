#include "core/isa.h"
#include "cpu/allocator.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/elementwise/activation.h"

namespace afina {
namespace {

constexpr int64_t kMostChunks = 64;  // each has its own sums of the bias gradient

// One chunk of rows: dz = dy f'(kept), and its column sums.  Stretches of some vectors at a time: rows that
// are whole pages apart, read vector by vector, would each be fetched on their own.
constexpr int kStretch = 8;

template <class T, class Functor, int vectors>
KERNEL_INLINE void grad_stretch(const Functor& f, const T* kept, const T* dy, T* dz, T* sums, int64_t rows,
                                int64_t n, int64_t j, int64_t left) {
  with_access<T>(left, [&](const auto& get, const auto& put) __attribute__((always_inline)) {
    Vec<T> sum[vectors] = {};
    const auto add = [&](int64_t at, int v) __attribute__((always_inline)) {
      Vec<T> d = get(dy + at + v * kLanes<T>);
      if constexpr (Functor::saves != Saves::nothing) {
        const Vec<T> saved = get(kept + at + v * kLanes<T>);
        d *= f.slope(saved, saved);  // reads the one of x and y that is saved
        put(dz + at + v * kLanes<T>, d);
      }
      sum[v] += d;
    };
    for (int64_t i = 0; i < rows; ++i) {
      if constexpr (Functor::saves == Saves::input) {  // long functions, most of them: a loop
#pragma GCC unroll 1
        for (int v = 0; v < vectors; ++v) add(i * n + j, v);
      } else {
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) add(i * n + j, v);
      }
    }
    for (int v = 0; v < vectors && sums != nullptr; ++v) put(sums + j + v * kLanes<T>, sum[v]);
  });
}

template <class T, class Functor>
KERNEL_INLINE void grad_rows(const Functor& f, const T* kept, const T* dy, T* dz, T* sums, int64_t rows,
                             int64_t n) {
  int64_t j = 0;
  for (; j + kStretch * kLanes<T> <= n; j += kStretch * kLanes<T>)
    grad_stretch<T, Functor, kStretch>(f, kept, dy, dz, sums, rows, n, j, kLanes<T>);
  for (; j < n; j += kLanes<T>) grad_stretch<T, Functor, 1>(f, kept, dy, dz, sums, rows, n, j, n - j);
}

}  // namespace

// y = activation(z), element by element; y may be z.
template <Isa I, class T>
void closing_cpu(FusedActivation activation, const T* z, T* y, int64_t n) {
  visit_activation(activation, [&](auto f) {
    parallel_range(n, kGrain / 4, [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += kLanes<T>)
        with_access<T>(end - i, [&](const auto& get, const auto& put)
                                    __attribute__((always_inline)) { put(y + i, f.value(get(z + i))); });
    });
  });
}

// dz = dy f'(kept) (not without an activation) and dbias = the sum of dz over the rows (null: not wanted).
// Chunks of rows are summed on their own, then added in their order.
template <Isa I, class T>
void closing_grad_cpu(FusedActivation activation, const T* kept, const T* dy, T* dz, T* dbias, int64_t rows,
                      int64_t n) {
  if (n == 0) return;
  const int64_t fewest = kGrain / n + 1, even = (rows + kMostChunks - 1) / kMostChunks;
  const int64_t chunk_rows = fewest > even ? fewest : even;
  const int64_t chunks = rows > chunk_rows ? (rows + chunk_rows - 1) / chunk_rows : 1;
  const size_t sums_bytes = static_cast<size_t>(chunks * n) * sizeof(T);
  T* const sums = dbias != nullptr && chunks > 1 ? static_cast<T*>(allocate_cpu(sums_bytes)) : dbias;
  visit_activation(activation, [&](auto f) {
    parallel_chunks(chunks, [&](int64_t chunk) {
      const int64_t begin = chunk * chunk_rows, end = begin + chunk_rows < rows ? begin + chunk_rows : rows;
      grad_rows(f, kept + begin * n, dy + begin * n, dz + begin * n,
                sums != nullptr ? sums + chunk * n : nullptr, end - begin, n);
    });
  });
  if (sums == dbias) return;
  for (int64_t j = 0; j < n; ++j) {
    T sum{};
    for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += sums[chunk * n + j];
    dbias[j] = sum;
  }
  free_cpu(sums, sums_bytes);
}

template void closing_cpu<kIsa, float>(FusedActivation, const float*, float*, int64_t);
template void closing_cpu<kIsa, double>(FusedActivation, const double*, double*, int64_t);
template void closing_grad_cpu<kIsa, float>(FusedActivation, const float*, const float*, float*, float*,
                                            int64_t, int64_t);
template void closing_grad_cpu<kIsa, double>(FusedActivation, const double*, const double*, double*, double*,
                                             int64_t, int64_t);

}  // namespace afina
