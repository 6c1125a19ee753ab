#pragma once

#include "cpu/gemm/panels.h"

// Windows three pixels wide that stand side by side, for a vector of filters.  Three windows look at the same
// pixel: an element of the image is broadcast once for three multiply-adds, where a tile of the plain
// product, only a vector wide, waits for its loads.  strip_convolution.h cuts images into strips.
namespace afina {

inline constexpr int64_t kStripTaps = 3;

// Windows a strip, and channels whose gradients are summed at once: what the registers hold.
template <Isa I>
inline constexpr int kStripWindows = kTileRows<I> == 12 ? 16 : 8;
template <Isa I>
inline constexpr int kStripChannels = kTileRows<I> == 12 ? 8 : 4;
inline constexpr int kMostStripWindows = 16;
inline constexpr int kLeastStrip = 6;  // fewer sums than that do not hide the latency of the additions

// A pixel in each row of taps; row_step 0 with zeros is one that lies in the padding.
template <class T>
struct PixelColumn {
  const T* pixel;
  int64_t row_step;
};

// out(j, f) = act(bias[f] + sum over r, s, c of x(r, j + s, c) weight(r, s, c, f)), windows j side by side.
template <class T>
struct Strip {
  PixelColumn<T> left, middle, right;  // pixel 0; pixels 1, 2, ... `pixel_step` apart; the pixel after these
  int64_t pixel_step;
  int64_t rows, depth;
  const T* weights;  // weight(r, s, c, f) = weights[((r * 3 + s) * depth + c) * kPanel + f]
  T* out;            // out(j, f) = out[j * out_step + f]
  int64_t out_step;
  int64_t filters;  // at most a vector
  const T* bias;    // or null
  bool relu;
};

template <class T, int windows>
[[gnu::noinline]] static void strip_product(const Strip<T>& strip) {
  Vec<T> sum[windows] = {};
  const int64_t tap = strip.depth * kPanel<T>, pixel_step = strip.pixel_step;
  for (int64_t r = 0; r < strip.rows; ++r) {
    const T* weight = strip.weights + r * kStripTaps * tap;
    const T* left = strip.left.pixel + r * strip.left.row_step;
    const T* middle = strip.middle.pixel + r * strip.middle.row_step;
    const T* right = strip.right.pixel + r * strip.right.row_step;
    for (int64_t c = 0; c < strip.depth; ++c, weight += kPanel<T>) {
      const Vec<T> first = load(weight), second = load(weight + tap), third = load(weight + 2 * tap);
      const T* pixel = middle + c;
      sum[0] += broadcast(left[c]) * first;
#pragma GCC unroll 16
      for (int j = 0; j < windows; ++j, pixel += pixel_step) {
        const Vec<T> element = broadcast(*pixel);
        if (j + 1 < windows) sum[j + 1] += element * first;
        sum[j] += element * second;
        if (j > 0) sum[j - 1] += element * third;
      }
      sum[windows - 1] += broadcast(right[c]) * third;
    }
  }
  Vec<T> done[windows];  // through memory: branches between registers would spill them in the loop above
#pragma GCC unroll 16
  for (int j = 0; j < windows; ++j) done[j] = sum[j];
  const Vec<T> bias = strip.bias != nullptr ? load_lanes(strip.bias, strip.filters) : Vec<T>{};
  with_access<T>(strip.filters, [&](const auto&, const auto& put) {
    for (int j = 0; j < windows; ++j) {
      const Vec<T> value = done[j] + bias;
      put(strip.out + j * strip.out_step, strip.relu ? max(Vec<T>{}, value) : value);
    }
  });
}

template <class T>
struct StripTable {
  void (*product[kMostStripWindows + 1])(const Strip<T>&);  // by windows
};
template <Isa I, class T, int windows>
constexpr auto strip_entry() -> void (*)(const Strip<T>&) {
  constexpr int kLeast = kLeastStrip < kStripWindows<I> / 2 ? kLeastStrip : kStripWindows<I> / 2;
  if constexpr (windows >= kLeast && windows <= kStripWindows<I>)
    return &strip_product<T, windows>;
  else
    return nullptr;
}
template <Isa I, class T, int... windows>
constexpr StripTable<T> make_strip_table() {
  return {{strip_entry<I, T, windows>()...}};
}
template <Isa I, class T>
static constexpr StripTable<T> kStripTable =
    make_strip_table<I, T, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16>();

// d weight(r, s, c, f) for one row r of taps: the sum over image rows of x(i, c) dy(i + lead - s, f).
template <class T>
struct StripGradient {
  const T* x;  // the first image row; pixel i of it at x + i * pixel_step
  int64_t row_step, pixel_step, width;
  const T* dy;  // the row of windows that looks at it: `windows` of them, dy_step apart
  int64_t dy_row_step, dy_step, windows;
  int64_t rows;
  int64_t lead;  // pixel 0 is the tap `lead` of the first window
  int64_t filters;
  T* to;  // d weight(s, c, f) = to[s * tap_step + c * dy_step + f]
  int64_t tap_step;
  bool add;
};

// The same for `channels` channels.
template <class T, int channels>
[[gnu::noinline]] static void strip_gradient(const StripGradient<T>& g) {
  with_access<T>(g.filters, [&](const auto& get, const auto& put) {
    Vec<T> first[channels] = {}, second[channels] = {}, third[channels] = {};
    for (int64_t row = 0; row < g.rows; ++row) {
      const T* x = g.x + row * g.row_step;
      const T* dy = g.dy + row * g.dy_row_step;
      const auto window = [&](int64_t j) __attribute__((always_inline)) {
        return j >= 0 && j < g.windows ? get(dy + j * g.dy_step) : Vec<T>{};
      };
      // dy of the windows that see the pixel as their second and their third one
      Vec<T> before = window(g.lead - 1), last = window(g.lead - 2);
      const auto visit = [&](Vec<T> here) __attribute__((always_inline)) {
#pragma GCC unroll 8
        for (int c = 0; c < channels; ++c) {
          const Vec<T> element = broadcast(x[c]);
          first[c] += element * here;
          second[c] += element * before;
          third[c] += element * last;
        }
        last = before;
        before = here;
        x += g.pixel_step;
      };
      const int64_t inside = g.windows - g.lead < g.width ? g.windows - g.lead : g.width;
      const T* here = dy + g.lead * g.dy_step;
      int64_t i = 0;
      for (; i < inside; ++i, here += g.dy_step) visit(get(here));
      for (; i < g.width; ++i) visit(Vec<T>{});
    }
#pragma GCC unroll 8
    for (int c = 0; c < channels; ++c) {
      const Vec<T> sums[] = {first[c], second[c], third[c]};
      for (int s = 0; s < kStripTaps; ++s) {
        T* const to = g.to + s * g.tap_step + c * g.dy_step;
        put(to, g.add ? get(to) + sums[s] : sums[s]);
      }
    }
  });
}

}  // namespace afina
