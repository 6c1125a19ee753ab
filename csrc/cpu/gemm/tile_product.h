#pragma once

#include "cpu/gemm/tile.h"

// The loops behind a TileTable, for the files that instantiate one.
namespace afina {
namespace {

// sum + a b, and for pairs sum + both of their products.
template <class T>
KERNEL_INLINE Vec<Sum<T>> add_product(Vec<Sum<T>> sum, Vec<T> a, Vec<T> b) {
#if defined(__AVX512BF16__)
  if constexpr (kFactors<T> == 2)
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  else
#endif
    return sum + a * b;
}

// The first `count` elements at p.
template <class T>
KERNEL_INLINE void fetch(const T* p, int64_t count) {
  constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
#pragma GCC unroll 8
  for (int64_t i = 0; i < count; i += kLine) __builtin_prefetch(p + i, 0, 2);
}

// C from the sums of a tile: what was there, the bias, the activation, and a last vector that is not whole.
template <class T>
[[gnu::noinline]] void finish_tile(const Tile<T>& tile, const Vec<Sum<T>>* sums, int rows, int vectors) {
  for (int i = 0; i < rows; ++i)
    for (int v = 0; v < vectors; ++v) {
      Vec<Sum<T>> value = sums[i * vectors + v];
      Sum<T>* const c = tile.c + tile.c_row[i] + v * kLanes<T>;
      const int64_t count = v + 1 < vectors ? kLanes<T> : tile.last;
      const auto get = [&](const Sum<T>* p) { return count == kLanes<T> ? load(p) : load_partial(p, count); };
      if (tile.accumulate) value += get(c);
      if (tile.bias != nullptr) value += get(tile.bias + v * kLanes<T>);
      if (tile.relu) value = max(Vec<Sum<T>>{}, value);  // NaN stays NaN
      if (count < kLanes<T>)
        store_partial(c, value, count);
      else if (tile.past_caches)
        store_past_caches(c, value);
      else
        store(c, value);
    }
}

// What a product does besides, see TileTable.
enum class Besides { nothing, packs, fetches };

template <class T, Lay lay, int rows, int vectors, Besides besides = Besides::nothing>
void tile_product(const Tile<T>& tile) {
  constexpr int64_t kWidth = kLanes<T>;
  constexpr int kUnroll = 4;  // pointers that do not fit in registers are reloaded a quarter as often
  Vec<Sum<T>> sum[rows][vectors];
  if (!tile.past_caches) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) __builtin_prefetch(tile.c + tile.c_row[i] + v * kWidth, 1);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) sum[i][v] = Vec<Sum<T>>{};
  }

  const int64_t b_step = tile.b_step;
  const T* b = tile.b;
  T* panel = tile.panel;
  const auto add_step = [&](auto element) __attribute__((always_inline)) {
    Vec<T> columns[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; ++v) columns[v] = load(b + v * kWidth);
    b += b_step;
    if constexpr (besides == Besides::packs) {  // the loads wait for memory anyway
      fetch(b + kStepsAhead * b_step, vectors * kWidth);
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) store(panel + v * kWidth, columns[v]);
      panel += vectors * kWidth;
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const Vec<T> a = broadcast(element(i));
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sum[i][v] = add_product<T>(sum[i][v], a, columns[v]);
    }
  };
  for (int64_t r = 0; r < tile.run_count; ++r) {
    const int64_t length = tile.runs[r].length;
    if constexpr (lay == Lay::rows) {
      const T* row[rows];
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) row[i] = tile.row[i] + tile.runs[r].offset;
      [[maybe_unused]] const T* ahead = tile.ahead;
      int64_t k = 0;
      for (; k + kUnroll <= length; k += kUnroll) {
        if constexpr (besides == Besides::fetches) {
          fetch(ahead, rows * kUnroll);
          ahead += rows * kUnroll;
        }
#pragma GCC unroll 4
        for (int u = 0; u < kUnroll; ++u)
          add_step([&](int i) __attribute__((always_inline)) { return row[i][k + u]; });
      }
      for (; k < length; ++k) add_step([&](int i) __attribute__((always_inline)) { return row[i][k]; });
    } else {
      const T* a = tile.first + tile.runs[r].offset;
      const int64_t ahead = besides == Besides::fetches ? tile.ahead - tile.first : 0;
      for (int64_t k = 0; k < length; ++k, a += tile.step) {
        if constexpr (besides == Besides::fetches) fetch(a + ahead, rows);
        add_step([&](int i) __attribute__((always_inline)) { return a[i]; });
      }
    }
  }

  if (tile.last == kWidth && tile.bias == nullptr && !tile.relu) {
    const auto each_vector = [&](const auto& put) __attribute__((always_inline)) {
#pragma GCC unroll 16
      for (int i = 0; i < rows; ++i) {
        Sum<T>* const c = tile.c + tile.c_row[i];
#pragma GCC unroll 4
        for (int v = 0; v < vectors; ++v) put(c + v * kWidth, sum[i][v]);
      }
    };
    if (tile.past_caches)
      each_vector([](Sum<T>* c, Vec<Sum<T>> v) __attribute__((always_inline)) { store_past_caches(c, v); });
    else
      each_vector([&](Sum<T>* c, Vec<Sum<T>> v)
                      __attribute__((always_inline)) { store(c, tile.accumulate ? v + load(c) : v); });
  } else {  // through memory: branches between registers would make the compiler spill them in the loop above
    Vec<Sum<T>> sums[rows][vectors];
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) sums[i][v] = sum[i][v];
    finish_tile(tile, &sums[0][0], rows, vectors);
  }
}

// The heights of stripes that are one of several.
constexpr bool one_of_several(int64_t rows, int64_t most) { return rows >= most / 2; }

template <class T, Lay lay, int vectors, int64_t most, Besides besides, int rows>
constexpr TileProduct<T> entry() {
  if constexpr (rows >= 1 && rows <= most && (besides == Besides::nothing || one_of_several(rows, most)))
    return &tile_product<T, lay, rows, vectors, besides>;
  else
    return nullptr;
}

template <class T, Lay lay, int vectors, int64_t most, Besides besides, int... rows>
constexpr void fill(TileProduct<T> (&to)[kMaxTileRows + 1]) {
  TileProduct<T> all[] = {entry<T, lay, vectors, most, besides, rows>()...};
  for (int i = 0; i <= kMaxTileRows; ++i) to[i] = all[i];
}

template <class T, Lay lay, int vectors, int64_t most, Besides besides = Besides::nothing>
constexpr void fill_rows(TileProduct<T> (&to)[kMaxTileRows + 1]) {
  fill<T, lay, vectors, most, besides, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>(to);
}

template <Isa I, class T, Lay lay>
constexpr void fill_lay(TileTable<T>& table) {
  constexpr int kLay = static_cast<int>(lay);
  fill_rows<T, lay, 1, kTileRows<I>>(table.product[kLay][0]);
  fill_rows<T, lay, 2, kTileRows<I>>(table.product[kLay][1]);
  fill_rows<T, lay, 4, kWideRows<I>>(table.product[kLay][2]);
  fill_rows<T, lay, 2, kTileRows<I>, Besides::packs>(table.packing[kLay]);
  fill_rows<T, lay, 1, kTileRows<I>, Besides::fetches>(table.fetching[kLay][0]);
  fill_rows<T, lay, 2, kTileRows<I>, Besides::fetches>(table.fetching[kLay][1]);
}

template <Isa I, class T>
constexpr TileTable<T> make_table() {
  TileTable<T> table{};
  fill_lay<I, T, Lay::rows>(table);
  fill_lay<I, T, Lay::columns>(table);
  return table;
}

}  // namespace
}  // namespace afina
