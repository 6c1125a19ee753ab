#pragma once

#include <cstdint>

#include "core/isa.h"
#include "cpu/vec.h"

// The micro-kernel under matmul, linear and convolution: one register tile of C = A B.  Columns of B and C
// are the vector lanes and elements of A are broadcast, so A is read where it lies.
namespace afina {

// Rows x vectors of the tiles.  12 x 2 accumulators, 2 vectors of B and 1 broadcast stay in 32 registers, 6 x
// 2 in 16. With few rows the wide tile has enough accumulators to hide the latency of the multiply-add.
inline constexpr int64_t kMaxTileRows = 12;
template <Isa>
inline constexpr int64_t kTileRows = 12;
template <>
inline constexpr int64_t kTileRows<Isa::avx2> = 6;
template <>
inline constexpr int64_t kTileRows<Isa::baseline> = 4;
inline constexpr int64_t kTileVectors = 2;
inline constexpr int64_t kWideVectors = 4;
template <Isa I>
inline constexpr int64_t kWideRows = kTileRows<I> == 12 ? 6 : 2;

// Two factors next to each other along k, rounded to bfloat16, the first in the lower half: a product of
// words takes both.  Runs, steps and depths of such operands count words.
using BfloatPair = int32_t;

template <class T>
struct SumOf {
  using type = T;
};
template <>
struct SumOf<BfloatPair> {
  using type = float;
};
template <class T>
inline constexpr int64_t kFactors = 1;  // that one T holds
template <>
inline constexpr int64_t kFactors<BfloatPair> = 2;
// What products of T are added up in, and what C is made of.
template <class T>
using Sum = typename SumOf<T>::type;

// A stretch of k: `length` elements from `offset` on, in every row of A.  A plain product has one run; a
// convolution has one for each row of its window.
struct Run {
  int64_t offset;
  int64_t length;
};

// How A lies in memory.  rows: A(i, k) = row[i][k], a pointer a row.  columns: A(i, k) = first[k * step + i].
enum class Lay { rows, columns };

template <class T>
struct Tile {
  const T* row[kMaxTileRows];  // Lay::rows
  const T* first;              // Lay::columns
  int64_t step;                // Lay::columns
  // What of A to fetch from memory meanwhile, or null. rows: as many elements as the tile reads, from here
  // on, for the tile to come; columns: the steps to come.
  const T* ahead;
  const Run* runs;
  int64_t run_count;
  const T* b;  // B(k, j) = b[k * b_step + j], k counted through all runs; whole vectors are read
  int64_t b_step;
  T* panel;   // where a packing product leaves B, row after row without gaps
  Sum<T>* c;  // C(i, j) = c[c_row[i] + j]
  int64_t c_row[kMaxTileRows];
  int64_t last;        // columns of C in the last vector: 1 .. kLanes
  bool accumulate;     // C += instead of C =
  bool past_caches;    // C is too large for them (output.h); all its vectors are aligned
  const Sum<T>* bias;  // one value a column, or null
  bool relu;
};

template <class T>
using TileProduct = void (*)(const Tile<T>&);

// How far ahead memory is asked for what a loop over k reads: about 500 cycles, as long as it takes.
inline constexpr int64_t kStepsAhead = 64;

// The function for every size of tile: [lay][width][rows], width 0: one vector, 1: two, 2: four (up to
// kWideRows).  Two kinds do something else meanwhile, in tiles of the heights that several stripes have, else
// they are null: `packing` ones, two vectors wide, also leave B in tile.panel for the stripes below;
// `fetching` ones, one or two vectors wide, fetch what lies at tile.ahead.
template <class T>
struct TileTable {
  TileProduct<T> product[2][3][kMaxTileRows + 1];
  TileProduct<T> packing[2][kMaxTileRows + 1];
  TileProduct<T> fetching[2][2][kMaxTileRows + 1];
};

template <Isa I, class T>
const TileTable<T>& tile_table();

}  // namespace afina
