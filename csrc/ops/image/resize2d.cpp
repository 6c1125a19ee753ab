#include "ops/image/resize2d.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "core/launch.h"
#include "core/node.h"
#include "ops/image/resampling.h"

namespace afina {

template <Isa, class T>
void resample_cpu(const T* x, T* y, int64_t images, int64_t channels, const Resampling& rows,
                  const Resampling& columns);
template <class T>
void resample_cuda(const T* x, T* y, int64_t images, int64_t channels, const Resampling& rows,
                   const Resampling& columns, Stream& stream);

namespace {

// The memory of a Resampling.
struct Taps {
  int64_t input, output;
  std::vector<int64_t> begin{0}, source{};
  std::vector<double> weight{};

  void add(int64_t from, double share) {
    source.push_back(from);
    weight.push_back(share);
  }
  void finish() { begin.push_back(static_cast<int64_t>(source.size())); }
  Resampling view() const { return {input, output, begin.data(), source.data(), weight.data()}; }
};

Taps taps_of(int64_t input, int64_t output, bool nearest) {
  Taps taps{input, output};
  const double scale = static_cast<double>(input) / static_cast<double>(output);
  for (int64_t o = 0; o < output; ++o) {
    const double middle = (static_cast<double>(o) + 0.5) * scale;
    if (nearest) {
      taps.add(std::min(static_cast<int64_t>(middle), input - 1), 1);
    } else {
      const double position = std::clamp(middle - 0.5, 0.0, static_cast<double>(input - 1));
      const auto low = static_cast<int64_t>(position);
      const double share = position - static_cast<double>(low);
      taps.add(low, 1 - share);
      if (share > 0) taps.add(low + 1, share);
    }
    taps.finish();
  }
  return taps;
}

// The gradient's map: what every element of the input gave to which of the output.
Taps transposed(const Taps& taps) {
  Taps back{taps.output, taps.input};
  std::vector<std::vector<std::pair<int64_t, double>>> given(static_cast<size_t>(taps.input));
  for (int64_t o = 0; o < taps.output; ++o)
    for (int64_t i = taps.begin[static_cast<size_t>(o)]; i < taps.begin[static_cast<size_t>(o) + 1]; ++i)
      given[static_cast<size_t>(taps.source[static_cast<size_t>(i)])].emplace_back(
          o, taps.weight[static_cast<size_t>(i)]);
  for (const auto& outputs : given) {
    for (const auto& [output, share] : outputs) back.add(output, share);
    back.finish();
  }
  return back;
}

using SharedTaps = std::shared_ptr<const Taps>;
SharedTaps shared(Taps taps) { return std::make_shared<const Taps>(std::move(taps)); }

Tensor resampled(const Tensor& x, const SharedTaps& rows, const SharedTaps& columns) {
  const Tensor y = empty({x.dim(0), rows->output, columns->output, x.dim(3)}, x.dtype(), x.device());
  visit_floating(x.dtype(), "resize2d", [&]<class T>() {
    launch(
        x.device(),
        [=]<Isa I>() {
          resample_cpu<I>(x.data<T>(), y.data<T>(), x.dim(0), x.dim(3), rows->view(), columns->view());
        },
        [=](auto& stream) {
          resample_cuda(x.data<T>(), y.data<T>(), x.dim(0), x.dim(3), rows->view(), columns->view(), stream);
        });
  });
  return y;
}

}  // namespace

Tensor resize2d(const Tensor& x, const Pair& size, const std::string& interpolation) {
  const std::array<int64_t, 2> wanted = checked_pair("resize2d", "size", size);
  const bool nearest = interpolation == "nearest";
  if (!nearest && interpolation != "bilinear")
    fail<ArgumentError>("resize2d", "interpolation must be \"nearest\" or \"bilinear\", got \"",
                        interpolation, "\"");
  if (x.rank() != 4 || x.dim(1) == 0 || x.dim(2) == 0)
    fail<ShapeError>("resize2d", "x needs shape (n, height, width, channels) with pixels, got ", x.shape());
  if (!is_floating(x.dtype())) fail<DTypeError>("resize2d", "x needs float32 or float64, got ", x.dtype());
  const Shape shape{x.dim(0), wanted[0], wanted[1],
                    x.dim(3)};  // too large a one is refused before the tables
  const SharedTaps rows = shared(taps_of(x.dim(1), wanted[0], nearest));
  const SharedTaps columns = shared(taps_of(x.dim(2), wanted[1], nearest));
  return record("resize2d", {x}, resampled(x, rows, columns), [rows, columns](const Tensor& dy) -> Gradients {
    return {resampled(dy, shared(transposed(*rows)), shared(transposed(*columns)))};
  });
}

}  // namespace afina
