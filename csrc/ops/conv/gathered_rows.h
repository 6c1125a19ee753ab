#pragma once

#include "cpu/copy.h"
#include "cpu/scratch.h"

// Blocks of a grid of windows, and the padded piece of the image each looks at.  With it in memory of the
// thread (small enough for the L2 cache) every window starts at a pointer and no kernel knows about padding.
namespace afina {

inline constexpr int kImageSlot = 0;          // scratch: the padded piece
inline constexpr int64_t kBlockPixels = 240;  // windows a block: 20 tiles of rows use a panel of weights
inline constexpr int64_t kBlockBytes = 256 * 1024;

// grid_h x grid_w windows in each image; the window at (y, x) starts at row y step_h - lead_h and column
// x step_w - lead_w of the image and spans span_h x span_w.
struct WindowGrid {
  int64_t batch, height, width, channels;
  int64_t grid_h, grid_w;
  int64_t step_h, step_w;
  int64_t lead_h, lead_w;
  int64_t span_h, span_w;

  int64_t padded_w() const { return (grid_w - 1) * step_w + span_w; }
  int64_t padded_rows(int64_t rows) const { return (rows - 1) * step_h + span_h; }
  bool needs_padding() const {
    return lead_h != 0 || lead_w != 0 || padded_rows(grid_h) > height || padded_w() > width;
  }
};

// How a grid is cut: whole images together while they are small, else rows of one image.  From the shape
// alone.
struct GridBlocks {
  int64_t images, rows;  // of one block
  int64_t image_blocks, row_blocks;

  GridBlocks(const WindowGrid& g, int64_t pixel_bytes) {
    const int64_t image_pixels = g.grid_h * g.grid_w;
    images = 1;
    rows = g.grid_h;
    if (image_pixels * 3 / 2 < kBlockPixels) {
      images = kBlockPixels / image_pixels;
      const int64_t bytes = g.padded_rows(g.grid_h) * g.padded_w() * pixel_bytes;
      while (images > 1 && images * bytes > 2 * kBlockBytes) images = (images + 1) / 2;
    } else {
      int64_t pieces = (image_pixels + kBlockPixels - 1) / kBlockPixels;
      if (pieces > g.grid_h) pieces = g.grid_h;
      rows = (g.grid_h + pieces - 1) / pieces;
      while (rows > 1 && g.padded_rows(rows) * g.padded_w() * pixel_bytes > 2 * kBlockBytes)
        rows = (rows + 1) / 2;
    }
    image_blocks = (g.batch + images - 1) / images;
    row_blocks = (g.grid_h + rows - 1) / rows;
  }
  int64_t count() const { return image_blocks * row_blocks; }
};

// One block: images [first_image, end_image), rows [first_row, end_row) of each one's grid.
struct GridBlock {
  int64_t first_image, end_image, first_row, end_row;

  GridBlock(const WindowGrid& g, const GridBlocks& blocks, int64_t number) {
    first_image = number / blocks.row_blocks * blocks.images;
    first_row = number % blocks.row_blocks * blocks.rows;
    end_image = first_image + blocks.images < g.batch ? first_image + blocks.images : g.batch;
    end_row = first_row + blocks.rows < g.grid_h ? first_row + blocks.rows : g.grid_h;
  }
  int64_t pixels(const WindowGrid& g) const {
    return (end_image - first_image) * (end_row - first_row) * g.grid_w;
  }
};

// Where the windows of a block find the image.
template <class T>
struct GatheredRows {
  const T* start;      // the window of the block's first pixel
  int64_t image_step;  // elements from image to image, from row to row of the image
  int64_t row_step;
};

// The block's piece of `image`, copied with zeros around it, or in place when no padding is needed.
template <class T>
KERNEL_INLINE GatheredRows<T> gather_rows(const WindowGrid& g, const GridBlock& block, const T* image) {
  const int64_t pitch = g.width * g.channels;
  if (!g.needs_padding())
    return {image + (block.first_image * g.height + block.first_row * g.step_h) * pitch, g.height * pitch,
            pitch};
  const int64_t rows = g.padded_rows(block.end_row - block.first_row), row_step = g.padded_w() * g.channels;
  const int64_t images = block.end_image - block.first_image;
  T* const padded =
      static_cast<T*>(thread_scratch(static_cast<size_t>(images * rows * row_step) * sizeof(T), kImageSlot));
  const int64_t left =
      g.lead_w > 0 ? (g.lead_w < g.padded_w() ? g.lead_w : g.padded_w()) : 0;  // columns of zeros
  const int64_t from = g.lead_w < 0 ? -g.lead_w : 0;                           // first column of the image
  int64_t inside = g.width - from;
  if (inside > g.padded_w() - left) inside = g.padded_w() - left;
  if (inside < 0) inside = 0;
  for (int64_t n = 0; n < images; ++n)
    for (int64_t r = 0; r < rows; ++r) {
      T* const to = padded + (n * rows + r) * row_step;
      const int64_t y = block.first_row * g.step_h - g.lead_h + r;
      if (y < 0 || y >= g.height) {
        fill_run(to, {}, row_step);
        continue;
      }
      fill_run(to, {}, left * g.channels);
      copy_run(image + ((block.first_image + n) * g.height + y) * pitch + from * g.channels,
               to + left * g.channels, inside * g.channels);
      fill_run(to + (left + inside) * g.channels, {}, row_step - (left + inside) * g.channels);
    }
  return {padded, rows * row_step, row_step};
}

}  // namespace afina
