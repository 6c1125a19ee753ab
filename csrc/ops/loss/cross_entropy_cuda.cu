#include "cuda/math.h"
#include "cuda/rows.h"
#include "cuda/workspace.h"
#include "ops/loss/cross_entropy_rows.h"
#include "ops/loss/probability.h"

// A team of threads takes a row: its largest logit, the sum of its exponentials (written where the gradient
// goes), then the gradient itself.
namespace afina {
namespace {

template <class T>
__device__ __forceinline__ T load_target(const CrossEntropyRow<T>& row, int64_t i) {
  return row.smoothed(row.targets[i]);
}

struct OfLogits {
  template <class Team, class T>
  __device__ __forceinline__ static T loss(const CrossEntropyRow<T>& row) {
    const T largest = row_max<Team>(row.x, row.n);
    // 1. exponentials and their sum
    const double total = row_sum<Team>(row.n, [&](int64_t i) {
      const T e = exp(row.x[i] - largest);
      if (row.gradient != nullptr) row.gradient[i] = e;
      return e;
    });
    const T log_total = log(static_cast<T>(total)), inverse = static_cast<T>(1 / total);
    if (row.targets == nullptr) {
      // 2. softmax - onehot
      const T scale = row.scale * inverse;
      if (row.gradient != nullptr)
        for_row<Team>(row.n, [&](int64_t i) {
          row.gradient[i] = row.gradient[i] * scale - (i == row.label ? row.scale : T{0});
        });
      return log_total - (row.x[row.label] - largest);
    }
    // 2. softmax * sum(targets) - targets
    const double mass = row_sum<Team>(row.n, [&](int64_t i) { return load_target(row, i); });
    const double loss = row_sum<Team>(row.n, [&](int64_t i) {
      const T t = load_target(row, i);
      return t == 0
                 ? T{0}
                 : t * (log_total - (row.x[i] - largest));  // no cost for a class that cannot be and is not
    });
    const T scale = row.scale * static_cast<T>(mass) * inverse;
    if (row.gradient != nullptr)
      for_row<Team>(row.n, [&](int64_t i) {
        row.gradient[i] = row.gradient[i] * scale - row.scale * load_target(row, i);
      });
    return static_cast<T>(loss);
  }
};

struct OfProbabilities {
  template <class Team, class T>
  __device__ __forceinline__ static T loss(const CrossEntropyRow<T>& row) {
    const double sum = row_sum<Team>(row.n, [&](int64_t i) { return row.x[i]; });
    const T inverse = sum == 0 ? T{1} : static_cast<T>(1 / sum);
    // d loss / d p_i = (sum(targets) - t_i / q_i) / sum(p): the last factor and the sum come from q = p /
    // sum(p).
    const T scale = row.scale * inverse;
    if (row.targets == nullptr) {
      const T q = kept_probable(row.x[row.label] * inverse);
      if (row.gradient != nullptr)
        for_row<Team>(row.n,
                      [&](int64_t i) { row.gradient[i] = i == row.label ? scale - scale / q : scale; });
      return -log(q);
    }
    const double mass = row_sum<Team>(row.n, [&](int64_t i) { return load_target(row, i); });
    const double loss = row_sum<Team>(
        row.n, [&](int64_t i) { return -load_target(row, i) * log(kept_probable(row.x[i] * inverse)); });
    if (row.gradient != nullptr)
      for_row<Team>(row.n, [&](int64_t i) {
        row.gradient[i] =
            scale * (static_cast<T>(mass) - load_target(row, i) / kept_probable(row.x[i] * inverse));
      });
    return static_cast<T>(loss);
  }
};

template <class Team, class Kind, class T>
__global__ void __launch_bounds__(kThreads) each_row(CrossEntropyRows<T> work) {
  for (int64_t r = Team::first_row(); r < work.rows; r += Team::row_step()) {
    const CrossEntropyRow<T> row = work.row(r);
    if (row.label < 0) {
      if (Team::rank() == 0) work.losses[r] = T{0};
      if (row.gradient != nullptr) for_row<Team>(row.n, [&](int64_t i) { row.gradient[i] = T{0}; });
    } else {
      const T loss = Kind::template loss<Team>(row);
      if (Team::rank() == 0) work.losses[r] = loss;
    }
  }
}

template <class Kind, class T>
void run(const CrossEntropyRows<T>& work, Stream& stream) {
  with_team(work.rows, work.n, [&]<class Team>(unsigned blocks) {
    launch_kernel("cross_entropy", stream, {blocks, kThreads}, each_row<Team, Kind, T>, work);
  });
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    scale_rows(const T* x, const T* factors, int64_t step, T* y, int64_t size, int64_t n) {
  for (int64_t i = first_element(); i < size; i += element_step()) y[i] = x[i] * factors[i / n * step];
}

// One label as a class number; -1 where it is ignored, 0 where it is none, after a complaint.
template <class L>
__device__ __forceinline__ int64_t class_number(L given, int64_t i, LabelRule rule,
                                                const Complaints& complaints) {
  if constexpr (static_cast<L>(0.5) != 0) {
    const double value = static_cast<double>(given);
    if (value != value) {
      complaints.file(Fault::label_nan, i, 0, 0, 0);
      return 0;
    }
    if (::floor(value) != value || value - value != 0) {
      complaints.file(Fault::label_fraction, i, value, 0, 0);
      return 0;
    }
    constexpr double kMost = 9007199254740992.0;  // 2^53
    if (value > kMost || value < -kMost) {
      complaints.file(Fault::label_far, i, value, 0, rule.classes);
      return 0;
    }
  }
  const int64_t label = static_cast<int64_t>(given);
  if (rule.ignores && label == rule.ignored) return -1;
  if (label >= 0 && label < rule.classes) return label;
  complaints.file(Fault::label_range, i, 0, label, rule.classes);
  return 0;
}

template <class L>
__global__ void __launch_bounds__(kThreads)
    number_labels(const L* labels, int64_t* numbers, int64_t count, LabelRule rule, Complaints complaints) {
  for (int64_t i = first_element(); i < count; i += element_step())
    numbers[i] = class_number(labels[i], i, rule, complaints);
}

// How many labels count: one block, so that no number is added by two.
__global__ void __launch_bounds__(kThreads)
    count_labels(const int64_t* numbers, int64_t count, int64_t* counted) {
  int64_t own = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) own += numbers[i] >= 0 ? 1 : 0;
  own = block_combined(own, [](int64_t a, int64_t b) { return a + b; });
  if (threadIdx.x == 0) *counted = own;
}

}  // namespace

template <class T>
void cross_entropy_logits_cuda(CrossEntropyRows<T> work, Stream& stream) {
  run<OfLogits>(work, stream);
}

template <class T>
void cross_entropy_probabilities_cuda(CrossEntropyRows<T> work, Stream& stream) {
  run<OfProbabilities>(work, stream);
}

template <class T>
void scale_rows_cuda(const T* x, const T* factors, int64_t step, T* y, int64_t rows, int64_t n,
                     Stream& stream) {
  launch_kernel("cross_entropy", stream, {grid_for(rows * n), kThreads}, scale_rows<T>, x, factors, step, y,
                rows * n, n);
}

template <class L>
int64_t class_numbers_cuda(const char* op, const L* labels, int64_t* numbers, int64_t count, LabelRule rule,
                           Stream& stream) {
  launch_kernel(op, stream, {grid_for(count), kThreads}, number_labels<L>, labels, numbers, count, rule,
                Complaints{stream.complaint(), op_number(op)});
  if (!rule.ignores) return count;
  const Workspace<int64_t> counted(1, stream);
  launch_kernel(op, stream, {1, kThreads}, count_labels, numbers, count, counted.data());
  int64_t result = 0;
  copy_from_cuda(&result, counted.data(), stream.device(), sizeof result);
  return result;
}

template void cross_entropy_logits_cuda(CrossEntropyRows<float>, Stream&);
template void cross_entropy_logits_cuda(CrossEntropyRows<double>, Stream&);
template void cross_entropy_probabilities_cuda(CrossEntropyRows<float>, Stream&);
template void cross_entropy_probabilities_cuda(CrossEntropyRows<double>, Stream&);
template void scale_rows_cuda(const float*, const float*, int64_t, float*, int64_t, int64_t, Stream&);
template void scale_rows_cuda(const double*, const double*, int64_t, double*, int64_t, int64_t, Stream&);
template int64_t class_numbers_cuda(const char*, const uint8_t*, int64_t*, int64_t, LabelRule, Stream&);
template int64_t class_numbers_cuda(const char*, const bool*, int64_t*, int64_t, LabelRule, Stream&);
template int64_t class_numbers_cuda(const char*, const int32_t*, int64_t*, int64_t, LabelRule, Stream&);
template int64_t class_numbers_cuda(const char*, const int64_t*, int64_t*, int64_t, LabelRule, Stream&);
template int64_t class_numbers_cuda(const char*, const float*, int64_t*, int64_t, LabelRule, Stream&);
template int64_t class_numbers_cuda(const char*, const double*, int64_t*, int64_t, LabelRule, Stream&);

}  // namespace afina
