#include <cstdint>

#include "core/isa.h"
#include "cpu/parallel.h"
#include "cpu/vec.h"
#include "ops/image/resampling.h"

namespace afina {

// y (images, rows.output, columns.output, channels) from x (images, rows.input, columns.input, channels).
template <Isa I, class T>
void resample_cpu(const T* x, T* y, int64_t images, int64_t channels, const Resampling& rows,
                  const Resampling& columns) {
  const int64_t pitch = columns.input * channels, row_size = columns.output * channels;
  parallel_range(images * rows.output, items_per_chunk(row_size), [&](int64_t first, int64_t last) {
    for (int64_t at = first; at < last; ++at) {
      const int64_t row = at % rows.output;
      const T* const image = x + at / rows.output * rows.input * pitch;
      for (int64_t column = 0; column < columns.output; ++column)
        for (int64_t j = 0; j < channels; j += kLanes<T>) {
          const int64_t lanes = channels - j < kLanes<T> ? channels - j : kLanes<T>;
          Vec<T> sum{};
          for (int64_t r = rows.begin[row]; r < rows.begin[row + 1]; ++r)
            for (int64_t c = columns.begin[column]; c < columns.begin[column + 1]; ++c) {
              const T* const from = image + rows.source[r] * pitch + columns.source[c] * channels + j;
              const T weight = static_cast<T>(rows.weight[r] * columns.weight[c]);
              sum += weight * (lanes == kLanes<T> ? load(from) : load_partial(from, lanes));
            }
          store_partial(y + at * row_size + column * channels + j, sum, lanes);
        }
    }
  });
}

template void resample_cpu<kIsa, float>(const float*, float*, int64_t, int64_t, const Resampling&,
                                        const Resampling&);
template void resample_cpu<kIsa, double>(const double*, double*, int64_t, int64_t, const Resampling&,
                                         const Resampling&);

}  // namespace afina
