#include "cuda/gemm/gemm.h"
#include "cuda/gemm/tensor_tiles.h"
#include "ops/conv/conv_sizes.h"
#include "ops/conv/pixel.cuh"

// Each of the three is a product of matrices that are never written down: the loaders work out which element
// of the image a place in the matrix stands for.  A group is a problem of its own.  Where every output looks
// at its own pixel alone, images are matrices as they lie, and the product is one of matrices.
namespace afina {
namespace {

// A place in the kernel, from its number.
struct Tap {
  int64_t row, column, channel;
  __device__ __forceinline__ Tap(int64_t number, int64_t depth, int64_t kw)
      : row(number / (depth * kw)), column(number / depth % kw), channel(number % depth) {}
};

// Where x (the images from a group's first channel on) has a tap of a window; null in the padding.
template <class T>
__device__ __forceinline__ const T* windowed(const ConvSizes& w, const T* x, const Pixel& out,
                                             const Tap& tap) {
  const int64_t y = w.window.rows.origin(out.y) + tap.row * w.window.rows.dilation;
  const int64_t column = w.window.columns.origin(out.x) + tap.column * w.window.columns.dilation;
  if (y < 0 || y >= w.height() || column < 0 || column >= w.width()) return nullptr;
  return x + ((out.image * w.height() + y) * w.width() + column) * w.channels + tap.channel;
}

// Whether vectors may be copied from rows of `width` numbers, `group` of them a group's.
template <class T>
bool in_vectors(const T* data, int64_t width, int64_t group) {
  return is_aligned(data) && width % kVector == 0 && group % kVector == 0;
}

// Where a product of pixels goes: rows of as many numbers as ConvSizes has in `width`, shared by the groups.
// The sizes are read here and not handed over: registers for them would be spilled in the widest tiles.
template <class T, int64_t ConvSizes::* width>
struct StorePixels {
  ConvSizes w;
  const T* bias;
  bool relu;
  T* out;
  __device__ __forceinline__ void operator()(int64_t group, int64_t i, int64_t j, T sum) const {
    const int64_t column = group * (w.*width / w.groups) + j;
    if (bias != nullptr) sum += bias[column];
    out[i * (w.*width) + column] = relu && T{0} > sum ? T{0} : sum;
  }
};

// ---- y: (pixels, taps) (taps, filters)

template <class T>
struct Windows {
  static constexpr bool kAlongK = true;  // channels lie side by side
  ConvSizes w;
  const T* data;
  bool vectors;

  struct Line {
    const ConvSizes& w;
    const T* x;
    Pixel out;
    __device__ __forceinline__ const T* at(int64_t p) const {
      return windowed(w, x, out, Tap(p, w.group_channels(), w.kw()));
    }
  };
  __device__ __forceinline__ Line line(int64_t group, int64_t i) const {
    return {w, data + group * w.group_channels(), Pixel(i, w.out_h(), w.out_w())};
  }
};

// The filters of a group, from rows of all of them: the kernel's taps, and the pixels of dy below.
template <class T>
struct GroupFilters {
  static constexpr bool kAlongK = false;
  ConvSizes w;
  const T* data;
  bool vectors;

  struct Line {
    const T* column;
    int64_t step;
    __device__ __forceinline__ const T* at(int64_t p) const { return column + p * step; }
  };
  __device__ __forceinline__ Line line(int64_t group, int64_t j) const {
    return {data + group * w.group_filters() + j, w.filters};
  }
};

// ---- dx: (pixels of the image, taps of dy) (taps of dy, channels)

template <class T>
struct WindowsOver {
  static constexpr bool kAlongK = true;  // filters lie side by side
  ConvSizes w;
  const T* data;
  bool vectors;

  struct Line {
    const ConvSizes& w;
    const T* dy;
    Pixel in;
    __device__ __forceinline__ const T* at(int64_t p) const {
      const Tap tap(p, w.group_filters(), w.kw());
      int64_t y = in.y + w.window.rows.before - tap.row * w.window.rows.dilation;
      int64_t x = in.x + w.window.columns.before - tap.column * w.window.columns.dilation;
      if (y < 0 || x < 0 || y % w.window.rows.stride != 0 || x % w.window.columns.stride != 0) return nullptr;
      y /= w.window.rows.stride;
      x /= w.window.columns.stride;
      if (y >= w.out_h() || x >= w.out_w()) return nullptr;
      return dy + ((in.image * w.out_h() + y) * w.out_w() + x) * w.filters + tap.channel;
    }
  };
  __device__ __forceinline__ Line line(int64_t group, int64_t i) const {
    return {w, data + group * w.group_filters(), Pixel(i, w.height(), w.width())};
  }
};

template <class T>
struct KernelTurned {
  static constexpr bool kAlongK = true;
  ConvSizes w;
  const T* data;
  bool vectors;

  struct Line {
    const ConvSizes& w;
    const T* channel;
    __device__ __forceinline__ const T* at(int64_t p) const {
      const int64_t tap = p / w.group_filters(), filter = p % w.group_filters();
      return channel + tap * w.group_channels() * w.filters + filter;
    }
  };
  __device__ __forceinline__ Line line(int64_t group, int64_t j) const {
    return {w, data + j * w.filters + group * w.group_filters()};
  }
};

// ---- dkernel: (taps, pixels) (pixels, filters)

template <class T>
struct WindowsTurned {
  static constexpr bool kAlongK = false;  // the channels of a tap lie side by side
  ConvSizes w;
  const T* data;
  bool vectors;

  struct Line {
    const ConvSizes& w;
    const T* x;
    Tap tap;
    __device__ __forceinline__ const T* at(int64_t p) const {
      return windowed(w, x, Pixel(p, w.out_h(), w.out_w()), tap);
    }
  };
  __device__ __forceinline__ Line line(int64_t group, int64_t i) const {
    return {w, data + group * w.group_channels(), Tap(i, w.group_channels(), w.kw())};
  }
};

template <class T>
struct StoreKernelGrad {
  ConvSizes w;
  T* dkernel;
  __device__ __forceinline__ void operator()(int64_t group, int64_t i, int64_t j, T sum) const {
    dkernel[i * w.filters + group * w.group_filters() + j] = sum;
  }
};

int64_t taps(const ConvSizes& w) { return w.kh() * w.kw(); }
int64_t pixels(const ConvSizes& w) { return w.batch * w.height() * w.width(); }

bool sees_own_pixel(const ConvSizes& w) {
  const auto sees_own = [](const WindowAxis& axis) {
    return axis.kernel == 1 && axis.stride == 1 && axis.before == 0 && axis.output == axis.input;
  };
  return w.groups == 1 && sees_own(w.window.rows) && sees_own(w.window.columns);
}

}  // namespace

template <class T>
void conv2d_cuda(const ConvSizes& w, const T* x, const T* kernel, const T* bias, bool relu, T* y,
                 Stream& stream) {
  if (sees_own_pixel(w))
    return gemm_cuda("conv2d",
                     Gemm<T>{pixels(w), w.filters, w.channels, x, w.channels, false, kernel, w.filters, false,
                             y, w.filters, false, bias, relu},
                     stream);
  const Windows<T> windows{w, x, in_vectors(x, w.channels, w.group_channels())};
  const GroupFilters<T> filters{w, kernel, in_vectors(kernel, w.filters, w.group_filters())};
  multiply_as_set<T>(
      "conv2d", windows, filters, StorePixels<T, &ConvSizes::filters>{w, bias, relu, y},
      {w.groups, w.batch * w.out_h() * w.out_w(), w.group_filters(), taps(w) * w.group_channels()}, stream);
}

template <class T>
void conv2d_input_grad_cuda(const ConvSizes& w, const T* dy, const T* kernel, const T* bias, bool relu, T* dx,
                            Stream& stream) {
  if (sees_own_pixel(w))
    return gemm_cuda("conv2d",
                     Gemm<T>{pixels(w), w.channels, w.filters, dy, w.filters, false, kernel, w.filters, true,
                             dx, w.channels, false, bias, relu},
                     stream);
  const WindowsOver<T> windows{w, dy, in_vectors(dy, w.filters, w.group_filters())};
  const KernelTurned<T> turned{w, kernel, in_vectors(kernel, w.filters, w.group_filters())};
  multiply_as_set<T>(
      "conv2d", windows, turned, StorePixels<T, &ConvSizes::channels>{w, bias, relu, dx},
      {w.groups, w.batch * w.height() * w.width(), w.group_channels(), taps(w) * w.group_filters()}, stream);
}

template <class T>
void conv2d_kernel_grad_cuda(const ConvSizes& w, const T* x, const T* dy, T* dkernel, Stream& stream) {
  if (sees_own_pixel(w))
    return gemm_cuda("conv2d",
                     Gemm<T>{w.channels, w.filters, pixels(w), x, w.channels, true, dy, w.filters, false,
                             dkernel, w.filters},
                     stream);
  const WindowsTurned<T> windows{w, x, in_vectors(x, w.channels, w.group_channels())};
  const GroupFilters<T> slopes{w, dy, in_vectors(dy, w.filters, w.group_filters())};
  multiply_as_set<T>(
      "conv2d", windows, slopes, StoreKernelGrad<T>{w, dkernel},
      {w.groups, taps(w) * w.group_channels(), w.group_filters(), w.batch * w.out_h() * w.out_w()}, stream);
}

template void conv2d_cuda(const ConvSizes&, const float*, const float*, const float*, bool, float*, Stream&);
template void conv2d_cuda(const ConvSizes&, const double*, const double*, const double*, bool, double*,
                          Stream&);
template void conv2d_input_grad_cuda(const ConvSizes&, const float*, const float*, const float*, bool, float*,
                                     Stream&);
template void conv2d_input_grad_cuda(const ConvSizes&, const double*, const double*, const double*, bool,
                                     double*, Stream&);
template void conv2d_kernel_grad_cuda(const ConvSizes&, const float*, const float*, float*, Stream&);
template void conv2d_kernel_grad_cuda(const ConvSizes&, const double*, const double*, double*, Stream&);

}  // namespace afina
