#include "cpu/gemm/gemm.h"
#include "cpu/gemm/gradients.h"
#include "cpu/splits.h"
#include "cpu/workspace.h"
#include "ops/conv/conv_sizes.h"
#include "ops/conv/rounded_image.h"
#include "ops/conv/strip_convolution.h"
#include "ops/conv/windowed_product.h"
#include "ops/conv/winograd.h"

namespace afina {
namespace {

// A 1 x 1 kernel that visits every pixel: a plain product of (pixels, channels) and (channels, filters).
bool is_product(const ConvSizes& w) {
  return w.kh() == 1 && w.kw() == 1 && w.window.rows.stride == 1 && w.window.columns.stride == 1 &&
         w.groups == 1 && w.out_h() == w.height() && w.out_w() == w.width() && w.window.rows.before == 0 &&
         w.window.columns.before == 0;
}

template <class T>
ProductGradients<T> product_gradients(const ConvSizes& w, const T* x, const T* kernel, const T* dy, T* dx,
                                      T* dkernel) {
  return {
      w.batch * w.height() * w.width(), w.filters, w.channels, x, kernel, dy, dx, dkernel, rounds_products()};
}

constexpr int64_t kSplitWork = 2'000'000;  // multiply-adds of a split, at least

// float64 is for those who want every digit.
template <class T>
constexpr bool kHasWinograd = sizeof(T) == 4;

int64_t span(const WindowAxis& axis) { return (axis.kernel - 1) * axis.dilation + 1; }

// The image's channels counted in T.
template <class T>
WindowGrid forward_grid(const ConvSizes& w) {
  return {w.batch,
          w.height(),
          w.width(),
          w.channels / kFactors<T>,
          w.out_h(),
          w.out_w(),
          w.window.rows.stride,
          w.window.columns.stride,
          w.window.rows.before,
          w.window.columns.before,
          span(w.window.rows),
          span(w.window.columns)};
}

template <Isa I, class T>
void product_of_windows(const WindowedProduct<T>& product) {
  if constexpr (kFactors<T> == 1)
    if (has_strips(product)) return strip_convolution<I>(product);
  windowed_product<I>(product);
}

// How many kernels' gradients are summed at the same time: enough work each, and memory for all of them.
template <class T>
int64_t kernel_splits(const ConvSizes& w, int64_t size, int64_t most) {
  constexpr int64_t kMostSplits = 16, kMostSplitBytes = int64_t{16} << 20;
  int64_t splits = w.batch * w.out_h() * w.out_w() * size / w.groups / kSplitWork;
  const auto at_most = [&](int64_t limit) { splits = splits < limit ? splits : limit; };
  at_most(kMostSplits);
  at_most(most);
  at_most(kMostSplitBytes / (size * static_cast<int64_t>(sizeof(T))));
  return splits < 1 ? 1 : splits;
}

// Few filters, and windows whose pixels are shared.
template <class T>
bool has_strip_gradients(const ConvSizes& w) {
  return w.group_filters() <= kLanes<T> && w.window.columns.dilation == 1 && has_strips(forward_grid<T>(w));
}

// The gradient of a kernel that has strips.
template <Isa I, class T>
void strip_gradients(const ConvSizes& w, const WindowGrid& g, const T* x, const T* dy, T* dkernel) {
  const int64_t depth = w.group_channels(), columns = w.group_filters(), rows = g.batch * g.grid_h,
                size = w.kh() * w.kw() * depth * w.filters, splits = kernel_splits<T>(w, size, rows);
  const Workspace<T> partial(splits > 1 ? splits * size : 0);
  parallel_chunks(splits, [&](int64_t split) {
    T* const target = splits > 1 ? partial.data() + split * size : dkernel;
    for (int64_t group = 0; group < w.groups; ++group)
      strip_kernel_grad<I>(g, split * rows / splits, (split + 1) * rows / splits, w.kh(),
                           w.window.rows.dilation, x + group * depth, dy + group * columns, depth, columns,
                           w.filters, target + group * columns);
  });
  if (splits > 1) add_splits(partial.data(), splits, size, dkernel);
}

template <Isa I, class T>
void forward_product(const ConvSizes& w, const T* x, const Sum<T>* kernel, const Sum<T>* bias, bool relu,
                     Sum<T>* y) {
  const Workspace<Tap> taps(w.kh() * w.kw());
  for (int64_t r = 0; r < w.kh(); ++r)
    for (int64_t s = 0; s < w.kw(); ++s)
      taps.data()[r * w.kw() + s] = {r * w.window.rows.dilation, s * w.window.columns.dilation};
  WindowedProduct<T> product{forward_grid<T>(w),
                             x,
                             taps.data(),
                             w.kh() * w.kw(),
                             w.groups,
                             w.group_channels() / kFactors<T>,
                             w.group_filters(),
                             nullptr,
                             y,
                             w.out_h() * w.out_w() * w.filters,
                             w.out_w() * w.filters,
                             w.filters,
                             bias,
                             relu};
  const Workspace<T> packed(product.groups * product.group_size());
  product.packed = packed.data();
  pack_groups(product, packed.data(), [&](int64_t group, int64_t column, int64_t count, T* panel) {
    pack_panel(kernel + group * product.columns + column, w.filters, w.kh() * w.kw() * w.group_channels(),
               count, panel);
  });
  product_of_windows<I>(product);
}

// Image rows that are stride_h apart see the same kernel rows, so the gradient falls into stride_h x stride_w
// phases, each a convolution of dy with a part of the kernel at stride 1: no multiplication by zero.
template <Isa I, class T>
void input_grad_product(const ConvSizes& w, const T* dy, const Sum<T>* kernel, const Sum<T>* bias, bool relu,
                        Sum<T>* dx) {
  const int64_t depth = w.group_filters() / kFactors<T>, columns = w.group_channels();
  const Workspace<Tap> taps(w.kh() * w.kw()), kernel_taps(w.kh() * w.kw());
  // One axis of a phase: image positions first, first + stride, ...; kernel tap r is there if r dilation =
  // phase modulo stride, and then looks back `back(r)` positions of dy from `start`.
  struct Axis {
    int64_t first, count, stride, dilation, phase, start, nearest, farthest;
    Axis(int64_t first_, int64_t size, int64_t before, int64_t kernel_size, int64_t stride_,
         int64_t dilation_)
        : first(first_),
          count((size - first_ + stride_ - 1) / stride_),
          stride(stride_),
          dilation(dilation_),
          phase((first_ + before) % stride_),
          start((first_ + before) / stride_),
          nearest(0),
          farthest(-1) {
      for (int64_t r = kernel_size - 1; r >= 0; --r)
        if (has(r)) {
          if (farthest < 0) farthest = back(r);
          nearest = back(r);
        }
      if (farthest < 0) farthest = 0;
    }
    bool has(int64_t r) const { return r * dilation % stride == phase; }
    int64_t back(int64_t r) const { return (r * dilation - phase) / stride; }
  };
  for (int64_t i = 0; i < w.window.rows.stride && i < w.height(); ++i)
    for (int64_t j = 0; j < w.window.columns.stride && j < w.width(); ++j) {
      const Axis rows(i, w.height(), w.window.rows.before, w.kh(), w.window.rows.stride,
                      w.window.rows.dilation);
      const Axis cols(j, w.width(), w.window.columns.before, w.kw(), w.window.columns.stride,
                      w.window.columns.dilation);
      int64_t count = 0;
      for (int64_t r = w.kh() - 1; r >= 0; --r)
        for (int64_t s = w.kw() - 1; s >= 0; --s)
          if (rows.has(r) && cols.has(s)) {
            kernel_taps.data()[count] = {r, s};
            taps.data()[count++] = {rows.farthest - rows.back(r), cols.farthest - cols.back(s)};
          }
      const WindowGrid grid{w.batch,
                            w.out_h(),
                            w.out_w(),
                            w.filters / kFactors<T>,
                            rows.count,
                            cols.count,
                            1,
                            1,
                            rows.farthest - rows.start,
                            cols.farthest - cols.start,
                            rows.farthest - rows.nearest + 1,
                            cols.farthest - cols.nearest + 1};
      WindowedProduct<T> product{grid,
                                 dy,
                                 taps.data(),
                                 count,
                                 w.groups,
                                 depth,
                                 columns,
                                 nullptr,
                                 dx + (i * w.width() + j) * w.channels,
                                 w.height() * w.width() * w.channels,
                                 w.window.rows.stride * w.width() * w.channels,
                                 w.window.columns.stride * w.channels,
                                 bias,
                                 relu};
      const Workspace<T> packed(product.groups * product.group_size());
      product.packed = packed.data();
      pack_groups(product, packed.data(), [&](int64_t group, int64_t column, int64_t width, T* panel) {
        for (int64_t t = 0; t < count; ++t) {
          const Tap tap = kernel_taps.data()[t];
          pack_panel_transposed(kernel + ((tap.row * w.kw() + tap.column) * columns + column) * w.filters +
                                    group * w.group_filters(),
                                w.filters, w.group_filters(), width, panel + t * depth * kPanel<T>);
        }
      });
      product_of_windows<I>(product);
    }
}

// The sum over all pixels is cut into splits by the shape; each sums its blocks of pixels in order into a
// kernel of its own, and the splits are added in order.
template <Isa I, class T>
void kernel_grad_product(const ConvSizes& w, const Sum<T>* x, const Sum<T>* dy, Sum<T>* dkernel) {
  constexpr int64_t kFewTasks = 8;
  constexpr int kGradientSlot = 2;  // scratch: a block of dy as panels
  const WindowGrid g = forward_grid<Sum<T>>(w);
  const GridBlocks blocks(g, w.channels * static_cast<int64_t>(sizeof(T)));
  const int64_t depth = w.group_channels(), columns = w.group_filters(),
                size = w.kh() * w.kw() * depth * w.filters;
  if (blocks.count() == 0) {
    fill_run(dkernel, {}, size);
    return;
  }
  if constexpr (kFactors<T> == 1)
    if (has_strip_gradients<T>(w)) return strip_gradients<I>(w, g, x, dy, dkernel);
  const int64_t splits = kernel_splits<Sum<T>>(w, size, blocks.count());
  const int64_t panels = (columns + kPanel<T> - 1) / kPanel<T>;
  int64_t column_blocks = splits >= kFewTasks ? 1 : (kFewTasks + splits - 1) / splits;
  if (column_blocks > panels) column_blocks = panels;
  if (w.batch * w.out_h() * w.out_w() * size / w.groups < kSplitWork) column_blocks = 1;

  const Workspace<Sum<T>> partial(splits > 1 ? splits * size : 0);
  parallel_chunks(splits * column_blocks, [&](int64_t task) {
    const int64_t split = task / column_blocks, part = task % column_blocks;
    const int64_t first_column = part * panels / column_blocks * kPanel<T>;
    const int64_t last_column = (part + 1) * panels / column_blocks * kPanel<T>;
    const int64_t own_columns = (last_column < columns ? last_column : columns) - first_column;
    Sum<T>* const target = splits > 1 ? partial.data() + split * size : dkernel;
    const int64_t first_block = split * blocks.count() / splits,
                  end_block = (split + 1) * blocks.count() / splits;
    for (int64_t number = first_block; number < end_block; ++number) {
      // 1. the block's image rows, and a run of pixels for each row of windows
      const GridBlock block(g, blocks, number);
      const GatheredRows<T> rows = windows_along_k<T>(g, block, gather_rows(g, block, x));
      const int64_t pixels = block.pixels(g), k_step = kFactors<T> * g.step_w * g.channels;
      const int64_t line = words_of<T>(g.grid_w), length = pixels / g.grid_w * line;
      const int64_t images = block.end_image - block.first_image,
                    window_rows = block.end_row - block.first_row;
      Run* const runs = static_cast<Run*>(
          thread_scratch(static_cast<size_t>(images * window_rows) * sizeof(Run), kTableSlot));
      int64_t run_count = 0;
      for (int64_t n = 0; n < images; ++n)
        for (int64_t row = 0; row < window_rows; ++row) {
          const int64_t offset = n * rows.image_step + row * g.step_h * rows.row_step;
          if (run_count > 0 && runs[run_count - 1].offset + runs[run_count - 1].length * k_step == offset)
            runs[run_count - 1].length += line;
          else
            runs[run_count++] = {offset, line};
        }

      // 2. for each group the product of windows (transposed) and dy
      const Sum<T>* const dy_block =
          dy + (block.first_image * g.grid_h + block.first_row) * g.grid_w * w.filters;
      T* const packed = static_cast<T*>(
          thread_scratch(static_cast<size_t>((own_columns + kPanel<T>)*length) * sizeof(T), kGradientSlot));
      const Epilogue<T> epilogue{number > first_block, nullptr, false};
      for (int64_t group = 0; group < w.groups; ++group) {
        for (int64_t column = 0; column < own_columns; column += kPanel<T>)
          pack_lines(dy_block + group * columns + first_column + column, w.filters, pixels, g.grid_w,
                     own_columns - column < kPanel<T> ? own_columns - column : kPanel<T>,
                     packed + column * length);
        const PanelSource<T> source{PanelSource<T>::From::packed, packed, kPanel<T>, length};
        const bool whole_rows =
            w.groups == 1 && w.window.columns.dilation == 1;  // the taps of a kernel row are one stretch of x
        const int64_t height = whole_rows ? w.kw() * depth : depth;
        for (int64_t r = 0; r < w.kh(); ++r)
          for (int64_t s = 0; s < (whole_rows ? 1 : w.kw()); ++s) {
            const T* const first = rows.start + r * w.window.rows.dilation * rows.row_step +
                                   s * w.window.columns.dilation * g.channels + group * depth;
            Sum<T>* const to = target + (r * w.kw() + s) * depth * w.filters + group * columns + first_column;
            product_block<I, T, Lay::columns>(
                height, 0, own_columns, runs, run_count, k_step, source, to, epilogue,
                [&](Tile<T>& tile, int64_t i, int64_t count) __attribute__((always_inline)) {
                  tile.first = first + i;
                  tile.step = k_step;
                  for (int64_t j = 0; j < count; ++j) tile.c_row[j] = (i + j) * w.filters;
                });
          }
      }
    }
  });
  if (splits > 1) add_splits(partial.data(), splits, size, dkernel);
}

}  // namespace

template <Isa I, class T>
void conv2d_cpu(const ConvSizes& w, const T* x, const T* kernel, const T* bias, bool relu, T* y) {
  if (is_product(w)) {
    gemm_cpu<I>(Gemm<T>{w.batch * w.height() * w.width(), w.filters, w.channels, x, w.channels, false, kernel,
                        w.filters, false, y, w.filters, false, bias, relu, rounds_products()});
    return;
  }
  if constexpr (kHasPairs<I> && sizeof(T) == sizeof(float))
    if (const int64_t pixels = w.batch * w.height() * w.width();
        rounds_convolution(w, w.group_channels(), w.group_filters(), pixels * w.channels)) {
      const PairedImage<I> pairs(x, pixels, w.channels);
      return forward_product<I>(w, pairs.data(), kernel, bias, relu, y);
    }
  if constexpr (kHasWinograd<T>)
    if (winograd_pays(w)) return winograd_conv2d_cpu<I>(w, x, kernel, bias, relu, y);
  forward_product<I>(w, x, kernel, bias, relu, y);
}

template <Isa I, class T>
void conv2d_input_grad_cpu(const ConvSizes& w, const T* dy, const T* kernel, const T* bias, bool relu,
                           T* dx) {
  if (is_product(w)) {
    gemm_cpu<I>(Gemm<T>{w.batch * w.height() * w.width(), w.channels, w.filters, dy, w.filters, false, kernel,
                        w.filters, true, dx, w.channels, false, bias, relu, rounds_products()});
    return;
  }
  if constexpr (kHasPairs<I> && sizeof(T) == sizeof(float))
    if (const int64_t pixels = w.batch * w.out_h() * w.out_w();
        rounds_convolution(w, w.group_filters(), w.group_channels(), pixels * w.filters)) {
      const PairedImage<I> pairs(dy, pixels, w.filters);
      return input_grad_product<I>(w, pairs.data(), kernel, bias, relu, dx);
    }
  if constexpr (kHasWinograd<T>)
    if (winograd_pays(w)) return winograd_input_grad_cpu<I>(w, dy, kernel, bias, relu, dx);
  input_grad_product<I>(w, dy, kernel, bias, relu, dx);
}

template <Isa I, class T>
void conv2d_kernel_grad_cpu(const ConvSizes& w, const T* x, const T* dy, T* dkernel) {
  if (is_product(w))
    return product_gradients_cpu<I>(product_gradients<T>(w, x, nullptr, dy, nullptr, dkernel));
  if constexpr (kHasPairs<I> && sizeof(T) == sizeof(float))
    if (const int64_t pixels = w.batch * w.height() * w.width();
        !has_strip_gradients<T>(w) &&
        rounds_convolution(w, w.group_channels(), w.group_filters(), pixels * w.channels))
      return kernel_grad_product<I, BfloatPair>(w, x, dy, dkernel);
  if constexpr (kHasWinograd<T>)
    if (winograd_pays(w)) return winograd_kernel_grad_cpu<I>(w, x, dy, dkernel);
  kernel_grad_product<I, T>(w, x, dy, dkernel);
}

template <Isa I, class T>
void conv2d_grad_cpu(const ConvSizes& w, const T* x, const T* dy, const T* kernel, T* dx, T* dkernel) {
  if (is_product(w)) return product_gradients_cpu<I>(product_gradients(w, x, kernel, dy, dx, dkernel));
  if (dx != nullptr) conv2d_input_grad_cpu<I, T>(w, dy, kernel, nullptr, false, dx);
  if (dkernel != nullptr) conv2d_kernel_grad_cpu<I>(w, x, dy, dkernel);
}

template void conv2d_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, const float*, bool,
                                      float*);
template void conv2d_cpu<kIsa, double>(const ConvSizes&, const double*, const double*, const double*, bool,
                                       double*);
template void conv2d_grad_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, const float*, float*,
                                           float*);
template void conv2d_grad_cpu<kIsa, double>(const ConvSizes&, const double*, const double*, const double*,
                                            double*, double*);
template void conv2d_input_grad_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, const float*,
                                                 bool, float*);
template void conv2d_input_grad_cpu<kIsa, double>(const ConvSizes&, const double*, const double*,
                                                  const double*, bool, double*);
template void conv2d_kernel_grad_cpu<kIsa, float>(const ConvSizes&, const float*, const float*, float*);
template void conv2d_kernel_grad_cpu<kIsa, double>(const ConvSizes&, const double*, const double*, double*);

}  // namespace afina
