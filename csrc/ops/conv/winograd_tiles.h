#pragma once

#include "cpu/vec.h"

// The transforms of winograd.h on vectors of channels, and the tiles they are taken of.
namespace afina {

inline constexpr int64_t kSide = 4;                // a tile looks at kSide x kSide pixels
inline constexpr int64_t kPlaces = kSide * kSide;  // of a transformed tile
inline constexpr int64_t kOutSide = 2;             // and gives kOutSide x kOutSide outputs

// Tile t of image n gives the outputs from (2 row, 2 column) on and looks at the pixels from there, less
// (top, left), on.
struct WinogradTiles {
  int64_t batch, height, width;  // the image
  int64_t out_h, out_w;
  int64_t top, left;

  int64_t down() const { return (out_h + 1) / kOutSide; }
  int64_t across() const { return (out_w + 1) / kOutSide; }
  int64_t count() const { return batch * down() * across(); }
};

struct WinogradTile {
  int64_t image, row, column;  // of its first output

  KERNEL_INLINE WinogradTile(const WinogradTiles& tiles, int64_t number) {
    const int64_t across = tiles.across(), each = tiles.down() * across;
    image = number / each;
    row = number % each / across * kOutSide;
    column = number % across * kOutSide;
  }
};

// Where the side x side pixels from (row, column) on are; those outside the image are at `zeros`.
template <int64_t side, class T>
KERNEL_INLINE void find_pixels(const T* image, int64_t height, int64_t width, int64_t channels, int64_t row,
                               int64_t column, const T* zeros, const T* (&pixel)[side * side]) {
#pragma GCC unroll 4
  for (int64_t i = 0; i < side; ++i)
#pragma GCC unroll 4
    for (int64_t j = 0; j < side; ++j) {
      const int64_t y = row + i, x = column + j;
      const bool inside = y >= 0 && y < height && x >= 0 && x < width;
      pixel[i * side + j] = inside ? image + (y * width + x) * channels : zeros;
    }
}

// A product with a small constant matrix from the left, for each of `columns` columns.
template <int64_t columns, class V>
KERNEL_INLINE void times_image(const V (&d)[kSide][columns], V (&out)[kSide][columns]) {  // B' d
#pragma GCC unroll 4
  for (int64_t j = 0; j < columns; ++j) {
    out[0][j] = d[0][j] - d[2][j];
    out[1][j] = d[1][j] + d[2][j];
    out[2][j] = d[2][j] - d[1][j];
    out[3][j] = d[1][j] - d[3][j];
  }
}
template <int64_t columns, class V>
KERNEL_INLINE void times_output(const V (&m)[kSide][columns], V (&out)[kOutSide][columns]) {  // A' m
#pragma GCC unroll 4
  for (int64_t j = 0; j < columns; ++j) {
    out[0][j] = m[0][j] + m[1][j] + m[2][j];
    out[1][j] = m[1][j] - m[2][j] - m[3][j];
  }
}
template <int64_t columns, class V>
KERNEL_INLINE void times_output_turned(const V (&d)[kOutSide][columns], V (&out)[kSide][columns]) {  // A d
#pragma GCC unroll 4
  for (int64_t j = 0; j < columns; ++j) {
    out[0][j] = d[0][j];
    out[1][j] = d[0][j] + d[1][j];
    out[2][j] = d[0][j] - d[1][j];
    out[3][j] = -d[1][j];
  }
}
template <int64_t columns, class V>
KERNEL_INLINE void times_kernel(const V (&g)[3][columns], V (&out)[kSide][columns]) {  // G g
  const V half = splat<V>(0.5);
#pragma GCC unroll 4
  for (int64_t j = 0; j < columns; ++j) {
    const V ends = g[0][j] + g[2][j];
    out[0][j] = g[0][j];
    out[1][j] = half * (ends + g[1][j]);
    out[2][j] = half * (ends - g[1][j]);
    out[3][j] = g[2][j];
  }
}
template <int64_t columns, class V>
KERNEL_INLINE void times_kernel_turned(const V (&m)[kSide][columns], V (&out)[3][columns]) {  // G' m
  const V half = splat<V>(0.5);
#pragma GCC unroll 4
  for (int64_t j = 0; j < columns; ++j) {
    const V sum = half * (m[1][j] + m[2][j]);
    out[0][j] = m[0][j] + sum;
    out[1][j] = half * (m[1][j] - m[2][j]);
    out[2][j] = m[3][j] + sum;
  }
}

template <int64_t rows, int64_t columns, class V>
KERNEL_INLINE void turn_over(const V (&from)[rows][columns], V (&to)[columns][rows]) {
#pragma GCC unroll 4
  for (int64_t i = 0; i < rows; ++i)
#pragma GCC unroll 4
    for (int64_t j = 0; j < columns; ++j) to[j][i] = from[i][j];
}

// f applied to the columns and then to the rows: to = f(f(from)')'.
template <int64_t in, int64_t out, class V, class F>
KERNEL_INLINE void on_both_sides(const V (&from)[in][in], V (&to)[out][out], const F& f) {
  V half[out][in], turned[in][out], both[out][out];
  f(from, half);
  turn_over(half, turned);
  f(turned, both);
  turn_over(both, to);
}

}  // namespace afina
