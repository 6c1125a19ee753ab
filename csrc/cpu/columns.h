#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/vec.h"

// Sums down the columns of a contiguous (rows, c) array, for statistics per channel.
//
// Narrow arrays are seen as wider ones: k rows of c channels are one row of k c, so that vectors are full;
// the k sums of a channel are added at the end.  Sums run in T over blocks of kBlockRows rows, blocks are
// merged in double, and chunks of blocks, cut by the shape alone, are merged in their order.
namespace afina {
// Unnamed, so that no closure below can be emitted under a name that files of other instruction sets share.
namespace {

inline constexpr int64_t kBlockRows = 128;        // rows summed in T: few enough to lose no digits
inline constexpr int64_t kColumnTile = 2048;      // columns at a time: their sums stay in L1
inline constexpr int64_t kChunkElements = 32768;  // a chunk of blocks
inline constexpr int64_t kMostChunks = 256;       // bounds the memory of the chunks' sums

// How (rows, c) is walked: as `wide_rows` full rows of `width` and `rest` elements more, in chunks of
// `chunk_rows`.
struct ColumnPlan {
  int64_t c, width, wide_rows, rest, chunk_rows, chunks;
};

KERNEL_INLINE ColumnPlan column_plan(int64_t rows, int64_t c) {
  constexpr int64_t kWideEnough = 64;  // four vectors of the widest kind
  int64_t k = c >= kWideEnough ? 1 : kWideEnough / c;
  if (k > rows) k = rows < 1 ? 1 : rows;
  ColumnPlan plan{};
  plan.c = c;
  plan.width = k * c;
  plan.wide_rows = rows / k;
  plan.rest = rows % k * c;
  int64_t chunk = kChunkElements / plan.width;
  if (chunk * kMostChunks < plan.wide_rows) chunk = (plan.wide_rows + kMostChunks - 1) / kMostChunks;
  plan.chunk_rows = chunk < 1 ? 1 : chunk;
  plan.chunks = (plan.wide_rows + plan.chunk_rows - 1) / plan.chunk_rows;
  return plan;
}

// What one vector adds to the two sums of its columns.
template <class T>
struct Terms {
  Vec<T> a, b;
};

// The two sums over rows [first_row, first_row + count) of the columns [from, from + columns), in T, in L1:
// terms(at, j, lanes) of the elements [at, at + lanes), which are columns [from + j, from + j + lanes).
template <class T, class F>
KERNEL_INLINE void block_sums(int64_t first_row, int64_t count, int64_t width, int64_t from, int64_t columns,
                              T* a, T* b, const F& terms) {
  constexpr int64_t L = kLanes<T>;
  const int64_t full = columns / L * L;
  for (int64_t j = 0; j < columns; j += L) {
    store(a + j, Vec<T>{});
    store(b + j, Vec<T>{});
  }
  int64_t r = 0;
  for (; r + 4 <= count; r += 4) {
    const int64_t at = (first_row + r) * width + from;
    for (int64_t j = 0; j < full; j += L) {
      const Terms<T> t0 = terms(at + j, j, L), t1 = terms(at + width + j, j, L);
      const Terms<T> t2 = terms(at + 2 * width + j, j, L), t3 = terms(at + 3 * width + j, j, L);
      store(a + j, load(a + j) + ((t0.a + t1.a) + (t2.a + t3.a)));
      store(b + j, load(b + j) + ((t0.b + t1.b) + (t2.b + t3.b)));
    }
    if (full < columns)
      for (int64_t k = 0; k < 4; ++k) {
        const Terms<T> t = terms(at + k * width + full, full, columns - full);
        store(a + full, load(a + full) + t.a);
        store(b + full, load(b + full) + t.b);
      }
  }
  for (; r < count; ++r) {
    const int64_t at = (first_row + r) * width + from;
    for (int64_t j = 0; j < columns; j += L) {
      const Terms<T> t = terms(at + j, j, columns - j < L ? columns - j : L);
      store(a + j, load(a + j) + t.a);
      store(b + j, load(b + j) + t.b);
    }
  }
}

// What is known of a set of numbers: how many, their mean, the sum of squared distances from it.
struct Moments {
  double count, mean, spread;
};
// Of two sets together (Chan, Golub & LeVeque 1979).
KERNEL_INLINE Moments merged(Moments a, Moments b) {
  if (b.count == 0) return a;
  if (a.count == 0) return b;
  const double count = a.count + b.count, apart = b.mean - a.mean;
  return {count, a.mean + apart * (b.count / count),
          a.spread + b.spread + apart * apart * (a.count * b.count / count)};
}

template <class T>
inline constexpr int64_t kTileRoom =
    kColumnTile + kLanes<T>;  // the last vector of a tile may reach beyond it

// Room of the calling thread, in scratch slots 0 (chunks' results), 1 and 2 (a block's sums); nested calls
// run on the thread that makes them, so each has its own.
template <class T>
KERNEL_INLINE T* column_scratch(int64_t count, int slot) {
  return static_cast<T*>(thread_scratch(static_cast<size_t>(count) * sizeof(T), slot));
}

// y = the middle one of a, b and c.
template <class T>
KERNEL_INLINE void median_of_three(const T* a, const T* b, const T* c, int64_t n, T* y) {
  for (int64_t i = 0; i < n; i += kLanes<T>) {
    const int64_t count = n - i < kLanes<T> ? n - i : kLanes<T>;
    const Vec<T> u = load_lanes(a + i, count), v = load_lanes(b + i, count), w = load_lanes(c + i, count);
    store(y + i, max(min(u, v), min(max(u, v), w)));
  }
}

// mean[c] and spread[c] (the sum of squared distances from the mean) of each channel, in double: x is read
// once. A block sums distances from its own first row, which is near the mean: what would cancel is small. In
// double, sums around one point become sums around another without a division.
template <class T>
KERNEL_INLINE void column_moments(const T* x, int64_t rows, int64_t c, double* mean, double* spread) {
  const ColumnPlan plan = column_plan(rows, c);
  Moments* const all = column_scratch<Moments>(plan.chunks * plan.width, 0);
  parallel_chunks(plan.chunks, [=](int64_t chunk) {
    const int64_t first = chunk * plan.chunk_rows;
    const int64_t last = first + plan.chunk_rows < plan.wide_rows ? first + plan.chunk_rows : plan.wide_rows;
    T* const a = column_scratch<T>(3 * kTileRoom<T>, 1);
    T* const b = a + kTileRoom<T>;
    T* const shift = b + kTileRoom<T>;
    double* const sums = column_scratch<double>(2 * kColumnTile, 2);  // around the chunk's first row
    double* const squares = sums + kColumnTile;
    for (int64_t from = 0; from < plan.width; from += kColumnTile) {
      const int64_t columns = plan.width - from < kColumnTile ? plan.width - from : kColumnTile;
      const T* const origin = x + first * plan.width + from;
      for (int64_t j = 0; j < columns; ++j) sums[j] = squares[j] = 0;
      for (int64_t r = first; r < last; r += kBlockRows) {
        const int64_t count = last - r < kBlockRows ? last - r : kBlockRows;
        median_of_three(x + r * plan.width + from, x + (r + count / 2) * plan.width + from,
                        x + (r + count - 1) * plan.width + from, columns, shift);
        block_sums<T>(r, count, plan.width, from, columns, a, b, [=](int64_t at, int64_t j, int64_t lanes) {
          const Vec<T> d = load_lanes(x + at, lanes) - load_lanes(shift + j, lanes);
          return Terms<T>{d, d * d};
        });
        const double n = static_cast<double>(count);
        for (int64_t j = 0; j < columns; ++j) {
          const double apart = static_cast<double>(shift[j]) - static_cast<double>(origin[j]);
          const double sum = static_cast<double>(a[j]);
          sums[j] += sum + n * apart;
          squares[j] += static_cast<double>(b[j]) + apart * (2 * sum + n * apart);
        }
      }
      const double n = static_cast<double>(last - first);
      for (int64_t j = 0; j < columns; ++j) {
        const double rest = squares[j] - sums[j] * (sums[j] / n);
        all[chunk * plan.width + from + j] =
            Moments{n, static_cast<double>(origin[j]) + sums[j] / n, rest < 0 ? 0 : rest};
      }
    }
  });
  for (int64_t channel = 0; channel < c; ++channel) {
    Moments total{0, 0, 0};
    for (int64_t chunk = 0; chunk < plan.chunks; ++chunk)
      for (int64_t j = channel; j < plan.width; j += c) total = merged(total, all[chunk * plan.width + j]);
    for (int64_t at = plan.wide_rows * plan.width + channel; at < rows * c; at += c)
      total = merged(total, {1, static_cast<double>(x[at]), 0});
    mean[channel] = total.mean;
    spread[channel] = total.spread;
  }
}

// What arrives at the sums below when nothing bends it.
struct WholeGradient {
  template <class V>
  KERNEL_INLINE V operator()(V dy, V, int64_t, int64_t) const {
    return dy;
  }
};

// first[c] = sum of dz, second[c] = sum of dz (x - mean[c]) down each channel, in double, where
// dz = gradient(dy, x - mean, column of a wide row, lanes).
template <class T, class Gradient = WholeGradient>
KERNEL_INLINE void column_dots(const T* dy, const T* x, const T* mean, int64_t rows, int64_t c,
                               double* first_sums, double* second_sums, const Gradient& gradient = {}) {
  const ColumnPlan plan = column_plan(rows, c);
  double* const all = column_scratch<double>(2 * plan.chunks * plan.width, 0);
  parallel_chunks(plan.chunks, [=](int64_t chunk) {
    double* const found = all + 2 * chunk * plan.width;
    for (int64_t j = 0; j < 2 * plan.width; ++j) found[j] = 0;
    const int64_t first = chunk * plan.chunk_rows;
    const int64_t last = first + plan.chunk_rows < plan.wide_rows ? first + plan.chunk_rows : plan.wide_rows;
    T* const a = column_scratch<T>(3 * kTileRoom<T>, 1);
    T* const b = a + kTileRoom<T>;
    T* const centre = b + kTileRoom<T>;  // the means of the tile, repeated for each of the k rows
    for (int64_t from = 0; from < plan.width; from += kColumnTile) {
      const int64_t columns = plan.width - from < kColumnTile ? plan.width - from : kColumnTile;
      for (int64_t j = 0; j < columns; ++j) centre[j] = mean[(from + j) % c];
      for (int64_t r = first; r < last; r += kBlockRows) {
        const int64_t count = last - r < kBlockRows ? last - r : kBlockRows;
        block_sums<T>(r, count, plan.width, from, columns, a, b, [=](int64_t at, int64_t j, int64_t lanes) {
          const Vec<T> d = load_lanes(x + at, lanes) - load_lanes(centre + j, lanes);
          const Vec<T> g = gradient(load_lanes(dy + at, lanes), d, from + j, lanes);
          return Terms<T>{g, g * d};
        });
        for (int64_t j = 0; j < columns; ++j) {
          found[2 * (from + j)] += static_cast<double>(a[j]);
          found[2 * (from + j) + 1] += static_cast<double>(b[j]);
        }
      }
    }
  });
  for (int64_t channel = 0; channel < c; ++channel) {
    double sum = 0, dot = 0;
    for (int64_t chunk = 0; chunk < plan.chunks; ++chunk)
      for (int64_t j = channel; j < plan.width; j += c) {
        sum += all[2 * (chunk * plan.width + j)];
        dot += all[2 * (chunk * plan.width + j) + 1];
      }
    for (int64_t at = plan.wide_rows * plan.width + channel; at < rows * c; at += c) {
      const T d = x[at] - mean[channel], g = gradient(broadcast(dy[at]), broadcast(d), channel, 1)[0];
      sum += static_cast<double>(g);
      dot += static_cast<double>(g) * static_cast<double>(d);
    }
    first_sums[channel] = sum;
    second_sums[channel] = dot;
  }
}

// f(at, j, lanes) for every vector of the array: elements [at, at + lanes), which are columns [j, j + lanes)
// of a wide row.  Parameters repeated to `width` are read at j.  width is column_plan's.
template <class T, class F>
KERNEL_INLINE void each_column_vector(int64_t rows, int64_t c, const F& f) {
  const ColumnPlan plan = column_plan(rows, c);
  const int64_t total = rows * c;
  const int64_t wide_rows = (total + plan.width - 1) / plan.width;  // the rest is one row more, a short one
  const int64_t per_chunk = plan.width >= kChunkElements ? 1 : kChunkElements / plan.width;
  parallel_range(wide_rows, per_chunk, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const int64_t at = r * plan.width;
      const int64_t columns = total - at < plan.width ? total - at : plan.width;
      int64_t j = 0;
      for (; j + kLanes<T> <= columns; j += kLanes<T>) f(at + j, j, kLanes<T>);
      if (j < columns) f(at + j, j, columns - j);
    }
  });
}

}  // namespace
}  // namespace afina
