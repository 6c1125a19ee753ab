#include "core/isa.h"
#include "ops/optim/pieces.h"

namespace afina {

// Squares are taken and summed in double, so that neither a large element overflows nor a long sum drifts.
KERNEL_INLINE double squared_sum(const float* x, int64_t n) {
  constexpr int64_t kHalf = kLanes<double>;
  typedef float Half __attribute__((vector_size(kVectorBytes / 2), aligned(4), may_alias));
  Vec<double> sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kHalf <= n; i += 4 * kHalf)
    for (int k = 0; k < 4; ++k) {
      const Vec<double> v =
          __builtin_convertvector(*reinterpret_cast<const Half*>(x + i + k * kHalf), Vec<double>);
      sums[k] += v * v;
    }
  double rest = 0;
  for (; i < n; ++i) rest += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum_lanes<double>((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

KERNEL_INLINE double squared_sum(const double* x, int64_t n) {
  constexpr int64_t kStep = kLanes<double>;
  Vec<double> sums[4] = {};
  int64_t i = 0;
  for (; i + 4 * kStep <= n; i += 4 * kStep)
    for (int k = 0; k < 4; ++k) {
      const Vec<double> v = load(x + i + k * kStep);
      sums[k] += v * v;
    }
  double rest = 0;
  for (; i < n; ++i) rest += x[i] * x[i];
  return sum_lanes<double>((sums[0] + sums[1]) + (sums[2] + sums[3])) + rest;
}

template <Isa I, class T>
void squared_sums_cpu(UpdateTasks<T> work, double* sums) {
  parallel_chunks(work.count, [&](int64_t task) {
    for (int64_t index = work.tasks[task]; index < work.tasks[task + 1]; ++index)
      sums[index] = squared_sum(work.pieces[index].gradient, work.pieces[index].size);
  });
}

template <Isa I, class T>
void scale_pieces_cpu(UpdateTasks<T> work, const T* factors) {
  parallel_chunks(work.count, [&](int64_t task) {
    for (int64_t index = work.tasks[task]; index < work.tasks[task + 1]; ++index) {
      const UpdatePiece<T> piece = work.pieces[index];
      const T factor = factors[index];
      for (int64_t i = 0; i < piece.size; ++i) piece.parameter[i] *= factor;
    }
  });
}

template <Isa I, class T>
void clip_pieces_cpu(UpdateTasks<T> work, T limit) {
  const WeightDecay<T> none{T{0}, T{1}};
  update_pieces<0>(work, none, [=](Vec<T>& p, Vec<T>, Vec<T>*) {
    const Vec<T> most = Vec<T>{} + limit;
    p = select(p > most, most, select(p < -most, -most, p));  // a comparison with NaN is false: it stays
  });
}

template void squared_sums_cpu<kIsa>(UpdateTasks<float>, double*);
template void squared_sums_cpu<kIsa>(UpdateTasks<double>, double*);
template void scale_pieces_cpu<kIsa>(UpdateTasks<float>, const float*);
template void scale_pieces_cpu<kIsa>(UpdateTasks<double>, const double*);
template void clip_pieces_cpu<kIsa>(UpdateTasks<float>, float);
template void clip_pieces_cpu<kIsa>(UpdateTasks<double>, double);

}  // namespace afina
