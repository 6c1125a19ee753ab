#include "cuda/gemm/tiles.h"
#include "ops/conv/conv_sizes.h"
#include "ops/conv/pixel.cuh"

// Each of the three is a product of matrices that are never written down: the loaders work out which element
// of the image a place in the matrix stands for.  A group is a problem of its own.
namespace afina {
namespace {

// A place in the kernel, from its number.
struct Tap {
  int64_t row, column, channel;
  __device__ __forceinline__ Tap(int64_t number, int64_t depth, int64_t kw)
      : row(number / (depth * kw)), column(number / depth % kw), channel(number % depth) {}
};

// x at a tap of a window, 0 in the padding.
template <class T>
__device__ __forceinline__ T windowed(const ConvSizes& w, const T* x, const Pixel& out, const Tap& tap,
                                      int64_t group) {
  const int64_t y = w.window.rows.origin(out.y) + tap.row * w.window.rows.dilation;
  const int64_t column = w.window.columns.origin(out.x) + tap.column * w.window.columns.dilation;
  if (y < 0 || y >= w.height() || column < 0 || column >= w.width()) return T{0};
  return x[((out.image * w.height() + y) * w.width() + column) * w.channels + group * w.group_channels() +
           tap.channel];
}

// ---- y: (pixels, taps) (taps, filters)

template <class T>
struct Windows {
  static constexpr bool kAlongK = true;  // channels lie side by side
  ConvSizes w;
  const T* x;
  __device__ __forceinline__ T operator()(int64_t group, int64_t i, int64_t p) const {
    return windowed(w, x, Pixel(i, w.out_h(), w.out_w()), Tap(p, w.group_channels(), w.kw()), group);
  }
};

// The filters of a group, from rows of all of them: the kernel's taps, and the pixels of dy below.
template <class T>
struct GroupFilters {
  static constexpr bool kAlongK = false;
  ConvSizes w;
  const T* rows;
  __device__ __forceinline__ T operator()(int64_t group, int64_t p, int64_t j) const {
    return rows[p * w.filters + group * w.group_filters() + j];
  }
};

template <class T>
struct StoreOutput {
  ConvSizes w;
  const T* bias;
  bool relu;
  T* y;
  __device__ __forceinline__ void operator()(int64_t group, int64_t i, int64_t j, T sum) const {
    const int64_t filter = group * w.group_filters() + j;
    if (bias != nullptr) sum += bias[filter];
    y[i * w.filters + filter] = relu && T{0} > sum ? T{0} : sum;
  }
};

// ---- dx: (pixels of the image, taps of dy) (taps of dy, channels)

template <class T>
struct WindowsOver {
  static constexpr bool kAlongK = true;  // filters lie side by side
  ConvSizes w;
  const T* dy;
  __device__ __forceinline__ T operator()(int64_t group, int64_t i, int64_t p) const {
    const Pixel at(i, w.height(), w.width());
    const Tap tap(p, w.group_filters(), w.kw());
    int64_t y = at.y + w.window.rows.before - tap.row * w.window.rows.dilation;
    int64_t x = at.x + w.window.columns.before - tap.column * w.window.columns.dilation;
    if (y < 0 || x < 0 || y % w.window.rows.stride != 0 || x % w.window.columns.stride != 0) return T{0};
    y /= w.window.rows.stride;
    x /= w.window.columns.stride;
    if (y >= w.out_h() || x >= w.out_w()) return T{0};
    return dy[((at.image * w.out_h() + y) * w.out_w() + x) * w.filters + group * w.group_filters() +
              tap.channel];
  }
};

template <class T>
struct KernelTurned {
  static constexpr bool kAlongK = true;
  ConvSizes w;
  const T* kernel;
  __device__ __forceinline__ T operator()(int64_t group, int64_t p, int64_t j) const {
    const int64_t tap = p / w.group_filters(), filter = p % w.group_filters();
    return kernel[(tap * w.group_channels() + j) * w.filters + group * w.group_filters() + filter];
  }
};

template <class T>
struct StoreInput {
  ConvSizes w;
  const T* bias;
  bool relu;
  T* dx;
  __device__ __forceinline__ void operator()(int64_t group, int64_t i, int64_t j, T sum) const {
    const int64_t channel = group * w.group_channels() + j;
    if (bias != nullptr) sum += bias[channel];
    dx[i * w.channels + channel] = relu && T{0} > sum ? T{0} : sum;
  }
};

// ---- dkernel: (taps, pixels) (pixels, filters)

template <class T>
struct WindowsTurned {
  static constexpr bool kAlongK = false;  // the channels of a tap lie side by side
  ConvSizes w;
  const T* x;
  __device__ __forceinline__ T operator()(int64_t group, int64_t i, int64_t p) const {
    return windowed(w, x, Pixel(p, w.out_h(), w.out_w()), Tap(i, w.group_channels(), w.kw()), group);
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

}  // namespace

template <class T>
void conv2d_cuda(const ConvSizes& w, const T* x, const T* kernel, const T* bias, bool relu, T* y,
                 Stream& stream) {
  multiply<T>("conv2d", Windows<T>{w, x}, GroupFilters<T>{w, kernel}, StoreOutput<T>{w, bias, relu, y},
              {w.groups, w.batch * w.out_h() * w.out_w(), w.group_filters(), taps(w) * w.group_channels()},
              stream);
}

template <class T>
void conv2d_input_grad_cuda(const ConvSizes& w, const T* dy, const T* kernel, const T* bias, bool relu, T* dx,
                            Stream& stream) {
  multiply<T>("conv2d", WindowsOver<T>{w, dy}, KernelTurned<T>{w, kernel}, StoreInput<T>{w, bias, relu, dx},
              {w.groups, w.batch * w.height() * w.width(), w.group_channels(), taps(w) * w.group_filters()},
              stream);
}

template <class T>
void conv2d_kernel_grad_cuda(const ConvSizes& w, const T* x, const T* dy, T* dkernel, Stream& stream) {
  multiply<T>("conv2d", WindowsTurned<T>{w, x}, GroupFilters<T>{w, dy}, StoreKernelGrad<T>{w, dkernel},
              {w.groups, taps(w) * w.group_channels(), w.group_filters(), w.batch * w.out_h() * w.out_w()},
              stream);
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
