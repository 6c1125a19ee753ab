#include "cuda/launch.h"
#include "cuda/workspace.h"
#include "ops/image/resampling.h"

namespace afina {
namespace {

// A Resampling with its tables on the device.
class DeviceTaps {
 public:
  DeviceTaps(const Resampling& taps, const Stream& stream)
      : begin_(taps.output + 1, stream),
        source_(taps.begin[taps.output], stream),
        weight_(taps.begin[taps.output], stream),
        view_{taps.input, taps.output, begin_.data(), source_.data(), weight_.data()} {
    const int64_t count = taps.begin[taps.output];
    copy(begin_, taps.begin, taps.output + 1, stream);
    copy(source_, taps.source, count, stream);
    copy(weight_, taps.weight, count, stream);
  }
  const Resampling& view() const { return view_; }

 private:
  template <class T>
  static void copy(const Workspace<T>& to, const T* from, int64_t count, const Stream& stream) {
    if (count > 0) copy_to_cuda(to.data(), stream.device(), from, static_cast<size_t>(count) * sizeof(T));
  }

  Workspace<int64_t> begin_, source_;
  Workspace<double> weight_;
  Resampling view_;
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    resample(const T* x, T* y, int64_t size, int64_t channels, Resampling rows, Resampling columns) {
  const int64_t pitch = columns.input * channels;
  for (int64_t i = first_element(); i < size; i += element_step()) {
    const int64_t channel = i % channels, column = i / channels % columns.output;
    const int64_t line = i / channels / columns.output, row = line % rows.output;
    const T* const image = x + line / rows.output * rows.input * pitch + channel;
    T sum{};
    for (int64_t r = rows.begin[row]; r < rows.begin[row + 1]; ++r)
      for (int64_t c = columns.begin[column]; c < columns.begin[column + 1]; ++c)
        sum += static_cast<T>(rows.weight[r] * columns.weight[c]) *
               image[rows.source[r] * pitch + columns.source[c] * channels];
    y[i] = sum;
  }
}

}  // namespace

template <class T>
void resample_cuda(const T* x, T* y, int64_t images, int64_t channels, const Resampling& rows,
                   const Resampling& columns, Stream& stream) {
  const int64_t size = images * rows.output * columns.output * channels;
  if (size == 0) return;
  const DeviceTaps own_rows(rows, stream), own_columns(columns, stream);
  launch_kernel("resize2d", stream, {grid_for(size), kThreads}, resample<T>, x, y, size, channels,
                own_rows.view(), own_columns.view());
}

template void resample_cuda(const float*, float*, int64_t, int64_t, const Resampling&, const Resampling&,
                            Stream&);
template void resample_cuda(const double*, double*, int64_t, int64_t, const Resampling&, const Resampling&,
                            Stream&);

}  // namespace afina
