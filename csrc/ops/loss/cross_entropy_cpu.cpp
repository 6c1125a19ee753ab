#include "ops/loss/cross_entropy_rows.h"

#include <cstdint>

#include "core/isa.h"
#include "cpu/math.h"
#include "cpu/parallel.h"
#include "cpu/rows.h"
#include "cpu/vec.h"
#include "ops/loss/probability.h"

// Every row is read while it lies in cache: its largest logit, the sum of its exponentials (written where the
// gradient goes), then the gradient itself.  A row of a million classes still makes three passes, of memory
// it has just seen.
namespace afina {
namespace {

template <class T>
KERNEL_INLINE void fill_row(T* y, int64_t n, T value) {
  map_row(y, y, n, [=](Vec<T>) { return Vec<T>{} + value; });
}

template <class T>
KERNEL_INLINE Vec<T> load_target(const CrossEntropyRow<T>& row, int64_t i, int64_t count) {
  return keep_lanes<T>(row.smoothed(load_lanes(row.targets + i, count)), count);
}

template <class T>
KERNEL_INLINE T logits_row(const CrossEntropyRow<T>& row) {
  const T largest = row_max(row.x, row.n);
  // 1. exponentials and their sum
  const double total = row_sum<T>(row.n, [&](int64_t i, int64_t count) {
    const Vec<T> e = keep_lanes<T>(exp(load_lanes(row.x + i, count) - largest), count);
    if (row.gradient != nullptr) {
      if (count == kLanes<T>)
        store(row.gradient + i, e);
      else
        store_partial(row.gradient + i, e, count);
    }
    return e;
  });
  const T log_total = log(Vec<T>{} + static_cast<T>(total))[0];
  const T inverse = static_cast<T>(1 / total);
  if (row.targets == nullptr) {
    // 2. softmax - onehot
    if (row.gradient != nullptr) {
      const T scale = row.scale * inverse;
      map_row(row.gradient, row.gradient, row.n, [=](Vec<T> e) { return e * scale; });
      row.gradient[row.label] -= row.scale;
    }
    return log_total - (row.x[row.label] - largest);
  }
  // 2. softmax * sum(targets) - targets
  const RowSums<2> sums = row_sums<T, 2>(row.n, [&](int64_t i, int64_t count) {
    const Vec<T> t = load_target(row, i, count);
    const Vec<T> cost = log_total - (load_lanes(row.x + i, count) - largest);
    // a class that cannot be (logit -inf) and is not: no cost
    return Terms<T, 2>{{t, select(t == 0, Vec<T>{}, t * cost)}};
  });
  const double mass = sums.of[0], loss = sums.of[1];
  if (row.gradient != nullptr) {
    const T scale = row.scale * static_cast<T>(mass) * inverse;
    map_row(row.gradient, row.targets, row.gradient, row.n,
            [&](Vec<T> e, Vec<T> t) { return e * scale - row.scale * row.smoothed(t); });
  }
  return static_cast<T>(loss);
}

template <class T>
KERNEL_INLINE T probabilities_row(const CrossEntropyRow<T>& row) {
  const double sum =
      row_sum<T>(row.n, [&](int64_t i, int64_t count) { return load_lanes(row.x + i, count); });
  const T inverse = sum == 0 ? T{1} : static_cast<T>(1 / sum);
  const auto probability = [=](Vec<T> p) { return kept_probable(p * inverse); };
  // d loss / d p_i = (sum(targets) - t_i / q_i) / sum(p): the last factor and the sum come from q = p /
  // sum(p).
  const T scale = row.scale * inverse;
  if (row.targets == nullptr) {
    const T q = probability(Vec<T>{} + row.x[row.label])[0];
    if (row.gradient != nullptr) {
      fill_row(row.gradient, row.n, scale);
      row.gradient[row.label] -= scale / q;
    }
    return -log(Vec<T>{} + q)[0];
  }
  const RowSums<2> sums = row_sums<T, 2>(row.n, [&](int64_t i, int64_t count) {
    const Vec<T> t = load_target(row, i, count);
    return Terms<T, 2>{{t, -t * log(probability(load_lanes(row.x + i, count)))}};
  });
  const double mass = sums.of[0], loss = sums.of[1];
  if (row.gradient != nullptr)
    map_row(row.x, row.targets, row.gradient, row.n, [&](Vec<T> p, Vec<T> t) {
      return scale * (static_cast<T>(mass) - row.smoothed(t) / probability(p));
    });
  return static_cast<T>(loss);
}

// loss_of(row) for every row that is not ignored.
template <class T, class F>
KERNEL_INLINE void each_row(const CrossEntropyRows<T>& work, const F& loss_of) {
  parallel_range(work.rows, rows_per_chunk(work.n), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const CrossEntropyRow<T> row = work.row(r);
      if (row.label < 0) {
        work.losses[r] = T{0};
        if (row.gradient != nullptr) fill_row(row.gradient, row.n, T{0});
      } else {
        work.losses[r] = loss_of(row);
      }
    }
  });
}

}  // namespace

template <Isa I, class T>
void cross_entropy_logits_cpu(CrossEntropyRows<T> work) {
  each_row(work, [](const CrossEntropyRow<T>& row) { return logits_row(row); });
}

template <Isa I, class T>
void cross_entropy_probabilities_cpu(CrossEntropyRows<T> work) {
  each_row(work, [](const CrossEntropyRow<T>& row) { return probabilities_row(row); });
}

template <Isa I, class T>
void scale_rows_cpu(const T* x, const T* factors, int64_t step, T* y, int64_t rows, int64_t n) {
  parallel_range(rows, rows_per_chunk(n), [=](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T factor = factors[r * step];
      map_row(x + r * n, y + r * n, n, [=](Vec<T> v) { return v * factor; });
    }
  });
}

template void cross_entropy_logits_cpu<kIsa>(CrossEntropyRows<float>);
template void cross_entropy_logits_cpu<kIsa>(CrossEntropyRows<double>);
template void cross_entropy_probabilities_cpu<kIsa>(CrossEntropyRows<float>);
template void cross_entropy_probabilities_cpu<kIsa>(CrossEntropyRows<double>);
template void scale_rows_cpu<kIsa>(const float*, const float*, int64_t, float*, int64_t, int64_t);
template void scale_rows_cpu<kIsa>(const double*, const double*, int64_t, double*, int64_t, int64_t);

}  // namespace afina
