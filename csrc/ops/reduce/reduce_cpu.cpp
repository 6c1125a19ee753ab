#include "ops/reduce/reduce_kernels.h"

#include "cpu/parallel.h"
#include "ops/reduce/reducers.h"

// outer, n, inner: the sizes before, along and behind the axes that are reduced away.
namespace afina {
namespace {

constexpr int64_t kTile = 1024;     // columns reduced together: their accumulators stay in the L1 cache
constexpr int64_t kWideRow = 256;   // narrow rows are put together up to this many columns
constexpr int64_t kLaneSteps = 64;  // values a float lane takes before its sum is passed on to a double

template <class R, class T>
using Wide = typename R::template Wide<T>;

// One contiguous row.
template <class R, class T>
KERNEL_INLINE Wide<R, T> reduce_row(const T* x, int64_t n) {
  constexpr int64_t L = kLanes<T>;
  using W = Wide<R, T>;
  W total = R::template start<W>();
  int64_t i = 0;
  while (n - i >= 4 * L) {
    const int64_t left = (n - i) / (4 * L) * (4 * L);
    const int64_t end = i + (left < 4 * L * kLaneSteps ? left : 4 * L * kLaneSteps);
    Vec<T> a = load(x + i), b = load(x + i + L), c = load(x + i + 2 * L), d = load(x + i + 3 * L);
    for (i += 4 * L; i < end; i += 4 * L) {
      a = R::step(load(x + i), a);
      b = R::step(load(x + i + L), b);
      c = R::step(load(x + i + 2 * L), c);
      d = R::step(load(x + i + 3 * L), d);
    }
    total = R::step(total, static_cast<W>(step_lanes<R, T>(R::step(R::step(a, b), R::step(c, d)))));
  }
  if (n - i >= L) {
    Vec<T> a = load(x + i);
    for (i += L; n - i >= L; i += L) a = R::step(load(x + i), a);
    total = R::step(total, static_cast<W>(step_lanes<R, T>(a)));
  }
  for (; i < n; ++i) total = R::step(total, static_cast<W>(x[i]));
  return total;
}

template <class R, class T>
KERNEL_INLINE Vec<T> eight_rows(const T* p, int64_t stride) {
  const Vec<T> a = R::step(load(p), load(p + stride)),
               b = R::step(load(p + 2 * stride), load(p + 3 * stride));
  const T* const q = p + 4 * stride;
  const Vec<T> c = R::step(load(q), load(q + stride)),
               d = R::step(load(q + 2 * stride), load(q + 3 * stride));
  return R::step(R::step(a, b), R::step(c, d));
}

// `rows` rows of `width` <= kTile columns, `stride` elements apart, reduced column by column.
template <class R, class T>
void reduce_columns(const T* x, int64_t rows, int64_t width, int64_t stride, Wide<R, T>* total) {
  using W = Wide<R, T>;
  const int64_t whole = width / kLanes<T> * kLanes<T>;
  T sums[kTile];
  for (int64_t j = 0; j < width; ++j) total[j] = R::template start<W>();
  for (int64_t first = 0; first < rows; first += kLaneSteps) {
    const int64_t end = first + kLaneSteps < rows ? first + kLaneSteps : rows;
    for (int64_t j = 0; j < width; ++j) sums[j] = R::template start<T>();
    int64_t k = first;
    for (; k + 8 <= end; k += 8) {
      const T* const p = x + k * stride;
      int64_t j = 0;
      for (; j < whole; j += kLanes<T>)
        store(sums + j, R::step(eight_rows<R, T>(p + j, stride), load(sums + j)));
      for (; j < width; ++j)
        for (int64_t row = 0; row < 8; ++row) sums[j] = R::step(p[row * stride + j], sums[j]);
    }
    for (; k < end; ++k) {
      const T* const p = x + k * stride;
      int64_t j = 0;
      for (; j < whole; j += kLanes<T>) store(sums + j, R::step(load(p + j), load(sums + j)));
      for (; j < width; ++j) sums[j] = R::step(p[j], sums[j]);
    }
    for (int64_t j = 0; j < width; ++j) total[j] = R::step(total[j], static_cast<W>(sums[j]));
  }
}

// The same for rows that lie one behind the other: several narrow ones are taken as one wide row first.
template <class R, class T>
void reduce_narrow_columns(const T* x, int64_t rows, int64_t width, Wide<R, T>* total) {
  const int64_t group = kWideRow / width;
  const int64_t groups = rows / group;
  Wide<R, T> parts[kTile];
  reduce_columns<R, T>(x, groups, group * width, group * width, parts);
  reduce_columns<R, T>(x + groups * group * width, rows - groups * group, width, width, total);
  for (int64_t part = 0; part < group; ++part)
    for (int64_t j = 0; j < width; ++j) total[j] = R::step(total[j], parts[part * width + j]);
}

template <class T, class W>
KERNEL_INLINE T finished(W total, double scale) {
  if constexpr (kIsFloat<T>)
    return static_cast<T>(total * scale);
  else
    return static_cast<T>(total);
}

// The pieces of n, one after the other, into the result.
template <class R, class T>
void combine(const Wide<R, T>* partials, T* y, ReduceSizes s, int64_t pieces, double scale) {
  const int64_t tiles = (s.inner + kTile - 1) / kTile;
  for (int64_t task = 0; task < s.outer * tiles; ++task) {
    const int64_t o = task / tiles, first = task % tiles * kTile;
    const int64_t columns = first + kTile < s.inner ? kTile : s.inner - first;
    Wide<R, T> total[kTile];
    for (int64_t j = 0; j < columns; ++j) total[j] = R::template start<Wide<R, T>>();
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const Wide<R, T>* const part = partials + (o * pieces + piece) * s.inner + first;
      for (int64_t j = 0; j < columns; ++j) total[j] = R::step(total[j], part[j]);
    }
    for (int64_t j = 0; j < columns; ++j) y[o * s.inner + first + j] = finished<T>(total[j], scale);
  }
}

template <class R, class T>
void reduce_rows(const T* x, T* y, ReduceSizes s, double scale, Wide<R, T>* partials) {
  const int64_t pieces = reduce_pieces(s), length = (s.n + pieces - 1) / pieces;
  if (pieces == 1) {
    const int64_t rows_a_chunk = items_per_chunk(s.n);
    parallel_range(s.outer, rows_a_chunk, [=](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) y[o] = finished<T>(reduce_row<R>(x + o * s.n, s.n), scale);
    });
    return;
  }
  parallel_chunks(s.outer * pieces, [=](int64_t chunk) {
    const int64_t begin = chunk % pieces * length, left = s.n - begin;
    const int64_t n = left < 0 ? 0 : left < length ? left : length;
    partials[chunk] = reduce_row<R>(x + chunk / pieces * s.n + begin, n);
  });
  combine<R, T>(partials, y, s, pieces, scale);
}

template <class R, class T>
void reduce_tiles(const T* x, T* y, ReduceSizes s, double scale, Wide<R, T>* partials) {
  const int64_t pieces = reduce_pieces(s), length = (s.n + pieces - 1) / pieces;
  const int64_t tiles = (s.inner + kTile - 1) / kTile;
  const int64_t width = s.inner < kTile ? s.inner : kTile;
  const int64_t work = length * width;  // of one task
  const int64_t tasks_a_chunk = items_per_chunk(work);
  parallel_range(s.outer * pieces * tiles, tasks_a_chunk, [=](int64_t begin, int64_t end) {
    Wide<R, T> total[kTile];
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % tiles * kTile, block = task / tiles;  // block: o * pieces + piece
      const int64_t columns = first + kTile < s.inner ? kTile : s.inner - first;
      const int64_t start = block % pieces * length, left = s.n - start;
      const int64_t rows = left < 0 ? 0 : left < length ? left : length;
      const int64_t o = block / pieces;
      const T* const from = x + (o * s.n + start) * s.inner + first;
      if (s.inner <= kWideRow / 2 && rows * s.inner >= 2 * kWideRow)
        reduce_narrow_columns<R, T>(from, rows, columns, total);
      else
        reduce_columns<R, T>(from, rows, columns, s.inner, total);
      for (int64_t j = 0; j < columns; ++j)
        if (pieces == 1)
          y[o * s.inner + first + j] = finished<T>(total[j], scale);
        else
          partials[block * s.inner + first + j] = total[j];
    }
  });
  if (pieces > 1) combine<R, T>(partials, y, s, pieces, scale);
}

template <class R, class T>
void reduce(const T* x, T* y, ReduceSizes s, double scale, void* partials) {
  auto* const wide = static_cast<Wide<R, T>*>(partials);
  if (s.inner == 1)
    reduce_rows<R, T>(x, y, s, scale, wide);
  else
    reduce_tiles<R, T>(x, y, s, scale, wide);
}

}  // namespace

template <Isa I, class T>
void reduce_cpu(Reduction reduction, const T* x, T* y, ReduceSizes sizes, double scale, void* partials) {
  if (reduction == Reduction::largest) return reduce<LargestReducer>(x, y, sizes, 1.0, partials);
  if (reduction == Reduction::smallest) return reduce<SmallestReducer>(x, y, sizes, 1.0, partials);
  if constexpr (sizeof(T) >= 4) {  // bytes are cast to int64 before they are added
    if (reduction == Reduction::sum) return reduce<SumReducer>(x, y, sizes, scale, partials);
    return reduce<ProductReducer>(x, y, sizes, scale, partials);
  }
}

template void reduce_cpu<kIsa, float>(Reduction, const float*, float*, ReduceSizes, double, void*);
template void reduce_cpu<kIsa, double>(Reduction, const double*, double*, ReduceSizes, double, void*);
template void reduce_cpu<kIsa, int32_t>(Reduction, const int32_t*, int32_t*, ReduceSizes, double, void*);
template void reduce_cpu<kIsa, int64_t>(Reduction, const int64_t*, int64_t*, ReduceSizes, double, void*);
template void reduce_cpu<kIsa, uint8_t>(Reduction, const uint8_t*, uint8_t*, ReduceSizes, double, void*);

}  // namespace afina
