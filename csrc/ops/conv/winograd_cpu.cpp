#include "cpu/gemm/block.h"
#include "cpu/parallel.h"
#include "cpu/splits.h"
#include "cpu/workspace.h"
#include "ops/conv/winograd.h"
#include "ops/conv/winograd_tiles.h"

namespace afina {
namespace {

constexpr int64_t kBlockBytes = 512 * 1024;  // transformed tiles of a block: they stay in the L2 cache
constexpr int64_t kFewestTiles = 48;         // of a block: so often is each transformed weight used
constexpr int64_t kMostBlockTiles = 120;
constexpr int kTilesSlot = 0;  // scratch: a block of transformed tiles

constexpr int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }
constexpr int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

// One of the 16 matrices of a block is followed by a gap: the 16 elements of a tile are then not in the same
// set of the cache.
template <class T>
int64_t with_gap(int64_t elements) {
  return (elements + kLanes<T> - 1) / kLanes<T> * kLanes<T> + kLanes<T>;
}

// Every vector of `channels` channels: with_vector(c, get, put), where get and put move that one.
template <class T, class F>
KERNEL_INLINE void for_each_vector(int64_t channels, const F& with_vector) {
  for (int64_t c = 0; c < channels; c += kLanes<T>)
    with_access<T>(channels - c, [&](const auto& get, const auto& put)
                                     __attribute__((always_inline)) { with_vector(c, get, put); });
}

// A thread's room for a block of tiles: two transforms of 16 matrices each, and the zeros around the image.
template <class T>
struct TileRoom {
  int64_t first_step, second_step;  // from matrix to matrix
  T *first, *second, *zeros;

  TileRoom(int64_t first_size, int64_t second_size, int64_t channels)
      : first_step(with_gap<T>(first_size)), second_step(with_gap<T>(second_size)) {
    first = static_cast<T*>(thread_scratch(
        static_cast<size_t>(kPlaces * (first_step + second_step) + channels + kLanes<T>) * sizeof(T),
        kTilesSlot));
    second = first + kPlaces * first_step;
    zeros = second + kPlaces * second_step;
    for (int64_t c = 0; c < channels; c += kLanes<T>) store(zeros + c, Vec<T>{});
  }
};

const auto kImageSides = [](const auto& from, auto& to)
                             __attribute__((always_inline)) { times_image(from, to); };

// B' d B of tiles [first, first + count): element c of tile t at place p goes to v[p step + t channels + c].
template <class T>
void transform_image(const WinogradTiles& tiles, const T* image, int64_t channels, int64_t first,
                     int64_t count, const T* zeros, T* v, int64_t step) {
  for (int64_t t = 0; t < count; ++t) {
    const WinogradTile tile(tiles, first + t);
    const T* pixel[kPlaces];
    find_pixels<kSide>(image + tile.image * tiles.height * tiles.width * channels, tiles.height, tiles.width,
                       channels, tile.row - tiles.top, tile.column - tiles.left, zeros, pixel);
    T* const to = v + t * channels;
    for_each_vector<T>(channels,
                       [&](int64_t c, const auto& get, const auto& put) __attribute__((always_inline)) {
                         Vec<T> d[kSide][kSide], out[kSide][kSide];
#pragma GCC unroll 16
                         for (int64_t p = 0; p < kPlaces; ++p) d[p / kSide][p % kSide] = get(pixel[p] + c);
                         on_both_sides(d, out, kImageSides);
#pragma GCC unroll 16
                         for (int64_t p = 0; p < kPlaces; ++p)
                           put(to + p * step + c, out[p / kSide][p % kSide]);
                       });
  }
}

// y = A' m A + bias of the same tiles, those outputs that there are.
template <class T>
void transform_products(const WinogradTiles& tiles, const T* m, int64_t step, int64_t filters, int64_t first,
                        int64_t count, const T* bias, bool relu, T* y) {
  for (int64_t t = 0; t < count; ++t) {
    const WinogradTile tile(tiles, first + t);
    const T* const from = m + t * filters;
    T* const to = y + ((tile.image * tiles.out_h + tile.row) * tiles.out_w + tile.column) * filters;
    const int64_t rows = at_most(tiles.out_h - tile.row, kOutSide);
    const int64_t columns = at_most(tiles.out_w - tile.column, kOutSide);
    for_each_vector<T>(
        filters, [&](int64_t f, const auto& get, const auto& put) __attribute__((always_inline)) {
          Vec<T> d[kSide][kSide], out[kOutSide][kOutSide];
#pragma GCC unroll 16
          for (int64_t p = 0; p < kPlaces; ++p) d[p / kSide][p % kSide] = get(from + p * step + f);
          on_both_sides(d, out,
                        [](const auto& a, auto& b) __attribute__((always_inline)) { times_output(a, b); });
          const Vec<T> offset = bias != nullptr ? get(bias + f) : Vec<T>{};
          for (int64_t i = 0; i < rows; ++i)
            for (int64_t j = 0; j < columns; ++j) {
              Vec<T> value = out[i][j] + offset;
              if (relu) value = max(Vec<T>{}, value);  // NaN stays NaN
              put(to + (i * tiles.out_w + j) * filters + f, value);
            }
        });
  }
}

// The kernel transformed, as panels for each place: u[(place * panels + panel) * depth + k][kPanel].
struct KernelSizes {
  int64_t channels, filters;
};

template <class T>
KERNEL_INLINE void transformed_kernel(const T* kernel, int64_t tap_step, int64_t count,
                                      Vec<T> (&out)[kSide][kSide]) {
  Vec<T> g[3][3];
#pragma GCC unroll 9
  for (int64_t tap = 0; tap < 9; ++tap) g[tap / 3][tap % 3] = load_partial(kernel + tap * tap_step, count);
  on_both_sides(g, out, [](const auto& a, auto& b) __attribute__((always_inline)) { times_kernel(a, b); });
}

template <class T>
void transform_kernel(KernelSizes sizes, const T* kernel, T* u) {
  const int64_t panels = (sizes.filters + kPanel<T> - 1) / kPanel<T>,
                tap_step = sizes.channels * sizes.filters;
  const int64_t size = panels * kPanel<T> * sizes.channels;
  parallel_range(
      panels * sizes.channels, items_per_chunk(kPlaces * kPanel<T>), [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          for (int64_t v = 0; v < kTileVectors; ++v) {
            const int64_t f = i / sizes.channels * kPanel<T> + v * kLanes<T>, left = sizes.filters - f;
            const int64_t count = at_least(at_most(left, kLanes<T>), 0);
            Vec<T> out[kSide][kSide];
            transformed_kernel(kernel + i % sizes.channels * sizes.filters + at_most(f, sizes.filters),
                               tap_step, count, out);
#pragma GCC unroll 16
            for (int64_t p = 0; p < kPlaces; ++p)
              store(u + p * size + i * kPanel<T> + v * kLanes<T>, out[p / kSide][p % kSide]);
          }
      });
}

// The same for the gradient of the image: filters and channels exchanged, and the kernel turned over, which
// exchanges the first and the last row and column of the transform.
template <class T>
void transform_kernel_turned(KernelSizes sizes, const T* kernel, T* u) {
  const int64_t panels = (sizes.channels + kPanel<T> - 1) / kPanel<T>,
                tap_step = sizes.channels * sizes.filters;
  const int64_t size = panels * kPanel<T> * sizes.filters;
  const int64_t stretches = (sizes.filters + kLanes<T> - 1) / kLanes<T>;
  parallel_chunks(panels * stretches, [=](int64_t chunk) {
    const int64_t c = chunk / stretches * kPanel<T>, columns = at_most(sizes.channels - c, kPanel<T>);
    const int64_t f = chunk % stretches * kLanes<T>, count = at_most(sizes.filters - f, kLanes<T>);
    T square[kPlaces][kPanel<T> * kLanes<T>];
    for (int64_t j = 0; j < columns; ++j) {
      Vec<T> out[kSide][kSide];
      transformed_kernel(kernel + (c + j) * sizes.filters + f, tap_step, count, out);
#pragma GCC unroll 16
      for (int64_t p = 0; p < kPlaces; ++p) store(square[p] + j * kLanes<T>, out[p / kSide][p % kSide]);
    }
    const auto turned = [](int64_t i) { return i == 0 ? kSide - 1 : i == kSide - 1 ? 0 : i; };
    for (int64_t p = 0; p < kPlaces; ++p)
      pack_panel_transposed(square[p], kLanes<T>, count, columns,
                            u + (turned(p / kSide) * kSide + turned(p % kSide)) * size +
                                (c / kPanel<T> * sizes.filters + f) * kPanel<T>);
  });
}

// The convolution of an image by a transformed kernel.
template <Isa I, class T>
void convolve(const WinogradTiles& tiles, KernelSizes sizes, const T* image, const T* u, const T* bias,
              bool relu, T* out) {
  const int64_t channels = sizes.channels, filters = sizes.filters, total = tiles.count();
  const int64_t tile_bytes = kPlaces * (channels + filters) * static_cast<int64_t>(sizeof(T));
  int64_t block = at_most(at_least(kBlockBytes / tile_bytes, kFewestTiles), kMostBlockTiles);
  block = at_most(block, at_least(total / 8, kTileRows<I>)) / kTileRows<I> * kTileRows<I>;
  const int64_t panels = (filters + kPanel<T> - 1) / kPanel<T>, u_size = panels * kPanel<T> * channels;
  parallel_chunks((total + block - 1) / block, [&](int64_t number) {
    const int64_t first = number * block, count = at_most(total - first, block);
    const TileRoom<T> room(count * channels, count * filters, channels);
    transform_image(tiles, image, channels, first, count, room.zeros, room.first, room.first_step);
    const Run run{0, channels};
    for (int64_t p = 0; p < kPlaces; ++p) {
      const PanelSource<T> source{PanelSource<T>::From::packed, u + p * u_size, kPanel<T>, channels};
      const T* const rows = room.first + p * room.first_step;
      product_block<I, T, Lay::rows>(
          count, 0, filters, &run, 1, 1, source, room.second + p * room.second_step, Epilogue<T>{},
          [&](Tile<T>& tile, int64_t i, int64_t height) __attribute__((always_inline)) {
            for (int64_t j = 0; j < height; ++j) {
              tile.row[j] = rows + (i + j) * channels;
              tile.c_row[j] = (i + j) * filters;
            }
          });
    }
    transform_products(tiles, room.second, room.second_step, filters, first, count, bias, relu, out);
  });
}

// A dy A' of tiles [first, first + count), in panels of `depth` tiles: z[p step + panel * depth + t][kPanel].
template <class T>
void transform_output_grad(const WinogradTiles& tiles, const T* dy, int64_t filters, int64_t first,
                           int64_t count, int64_t depth, const T* zeros, T* z, int64_t step) {
  const int64_t panels = (filters + kPanel<T> - 1) / kPanel<T>;
  for (int64_t t = 0; t < count; ++t) {
    const WinogradTile tile(tiles, first + t);
    const T* pixel[kOutSide * kOutSide];
    find_pixels<kOutSide>(dy + tile.image * tiles.out_h * tiles.out_w * filters, tiles.out_h, tiles.out_w,
                          filters, tile.row, tile.column, zeros, pixel);
    for (int64_t f = 0; f < panels * kPanel<T>; f += kLanes<T>) {
      const int64_t have = at_least(at_most(filters - f, kLanes<T>), 0);
      Vec<T> d[kOutSide][kOutSide] = {}, out[kSide][kSide];
      if (have > 0)
#pragma GCC unroll 4
        for (int64_t p = 0; p < kOutSide * kOutSide; ++p)
          d[p / kOutSide][p % kOutSide] = load_partial(pixel[p] + f, have);
      on_both_sides(d, out,
                    [](const auto& a, auto& b) __attribute__((always_inline)) { times_output_turned(a, b); });
      T* const to = z + (f / kPanel<T> * depth + t) * kPanel<T> + f % kPanel<T>;
#pragma GCC unroll 16
      for (int64_t p = 0; p < kPlaces; ++p) store(to + p * step, out[p / kSide][p % kSide]);
    }
  }
}

WinogradTiles tiles_of(const ConvSizes& w) {
  return {
      w.batch, w.height(), w.width(), w.out_h(), w.out_w(), w.window.rows.before, w.window.columns.before};
}

}  // namespace

template <Isa I, class T>
void winograd_conv2d_cpu(const ConvSizes& w, const T* x, const T* kernel, const T* bias, bool relu, T* y) {
  const KernelSizes sizes{w.channels, w.filters};
  const Workspace<T> u(kPlaces * w.channels * (w.filters + kPanel<T>));
  transform_kernel(sizes, kernel, u.data());
  convolve<I>(tiles_of(w), sizes, x, u.data(), bias, relu, y);
}

template <Isa I, class T>
void winograd_input_grad_cpu(const ConvSizes& w, const T* dy, const T* kernel, const T* bias, bool relu,
                             T* dx) {
  const Workspace<T> u(kPlaces * w.filters * (w.channels + kPanel<T>));
  transform_kernel_turned({w.channels, w.filters}, kernel, u.data());
  const WinogradTiles tiles{w.batch,
                            w.out_h(),
                            w.out_w(),
                            w.height(),
                            w.width(),
                            2 - w.window.rows.before,
                            2 - w.window.columns.before};
  convolve<I>(tiles, {w.filters, w.channels}, dy, u.data(), bias, relu, dx);
}

// The tiles are cut into splits by the shape; each adds its blocks in order, and the splits are added in
// order. Of a single split, for many channels, the tiles and the places of a block are spread over the
// threads.
template <Isa I, class T>
void winograd_kernel_grad_cpu(const ConvSizes& w, const T* x, const T* dy, T* dkernel) {
  constexpr int64_t kMostSplits = 16, kMostSplitBytes = int64_t{16} << 20, kFewestSplitTiles = 128,
                    kTilesAtOnce = 16;
  const WinogradTiles tiles = tiles_of(w);
  const int64_t channels = w.channels, filters = w.filters, size = channels * filters, total = tiles.count();
  const int64_t panels = (filters + kPanel<T> - 1) / kPanel<T>;
  // A block reads and writes its own tiles and the sums of the split once each: neither is to be the larger.
  const int64_t tile_bytes = kPlaces * (channels + filters) * static_cast<int64_t>(sizeof(T));
  const int64_t block = at_least(kBlockBytes / tile_bytes, size / (channels + filters));
  int64_t splits = at_most(kMostSplits, kMostSplitBytes / (kPlaces * size * static_cast<int64_t>(sizeof(T))));
  splits = at_least(even_splits(at_most(splits, total / kFewestSplitTiles)), 1);
  const Workspace<T> sums(splits * kPlaces * size);
  parallel_chunks(splits, [&](int64_t split) {
    T* const own = sums.data() + split * kPlaces * size;
    const int64_t begin = split * total / splits, end = (split + 1) * total / splits;
    const int64_t blocks = at_least((end - begin + block / 2) / block, 1);
    for (int64_t number = 0; number < blocks; ++number) {
      const int64_t first = begin + number * (end - begin) / blocks;
      const int64_t count = begin + (number + 1) * (end - begin) / blocks - first;
      const TileRoom<T> room(count * channels, count * panels * kPanel<T>, at_least(channels, filters));
      parallel_range(count, kTilesAtOnce, [&](int64_t t, int64_t end_t) {
        transform_image(tiles, x, channels, first + t, end_t - t, room.zeros, room.first + t * channels,
                        room.first_step);
        transform_output_grad(tiles, dy, filters, first + t, end_t - t, count, room.zeros,
                              room.second + t * kPanel<T>, room.second_step);
      });
      const Run run{0, count};
      parallel_chunks(kPlaces, [&](int64_t p) {
        const PanelSource<T> source{PanelSource<T>::From::packed, room.second + p * room.second_step,
                                    kPanel<T>, count};
        const T* const columns = room.first + p * room.first_step;
        product_block<I, T, Lay::columns>(channels, 0, filters, &run, 1, channels, source, own + p * size,
                                          Epilogue<T>{number > 0, nullptr, false},
                                          [&](Tile<T>& tile, int64_t i, int64_t height)
                                              __attribute__((always_inline)) {
                                                tile.first = columns + i;
                                                tile.step = channels;
                                                for (int64_t j = 0; j < height; ++j)
                                                  tile.c_row[j] = (i + j) * filters;
                                              });
      });
    }
  });
  parallel_range(size, items_per_chunk(kPlaces * splits), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kLanes<T>) {
      const int64_t count = at_most(end - i, kLanes<T>);
      Vec<T> sum[kSide][kSide] = {}, out[3][3];
      for (int64_t split = 0; split < splits; ++split)
#pragma GCC unroll 16
        for (int64_t p = 0; p < kPlaces; ++p)
          sum[p / kSide][p % kSide] += load_partial(sums.data() + (split * kPlaces + p) * size + i, count);
      on_both_sides(sum, out,
                    [](const auto& a, auto& b) __attribute__((always_inline)) { times_kernel_turned(a, b); });
      for (int64_t tap = 0; tap < 9; ++tap)
        store_partial(dkernel + tap * size + i, out[tap / 3][tap % 3], count);
    }
  });
}

template void winograd_conv2d_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, const float*,
                                               bool, float*);
template void winograd_input_grad_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, const float*,
                                                   bool, float*);
template void winograd_kernel_grad_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, float*);

}  // namespace afina
