#include "cuda/rows.h"
#include "cuda/workspace.h"

namespace afina {
namespace {

constexpr int64_t kRowsPerPiece = 16384;

// A block sums a piece of the rows, in double.
template <class T>
__global__ void __launch_bounds__(kThreads)
    sum_pieces(const T* losses, const T* weights, int64_t rows_per_weight, int64_t rows, double* sums) {
  const int64_t begin = int64_t{blockIdx.x} * kRowsPerPiece, left = rows - begin;
  const double sum = row_sum<BlockTeam>(left < kRowsPerPiece ? left : kRowsPerPiece, [=](int64_t i) {
    const int64_t r = begin + i;
    const double loss = static_cast<double>(losses[r]);
    return weights == nullptr ? loss : loss * static_cast<double>(weights[r / rows_per_weight]);
  });
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// One thread adds the pieces, in their order.
template <class T>
__global__ void add_pieces(const double* sums, int64_t pieces, double factor, T* y) {
  double total = 0;
  for (int64_t piece = 0; piece < pieces; ++piece) total += sums[piece];
  *y = static_cast<T>(total * factor);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    weight_rows(const T* x, int64_t step, const T* weights, int64_t rows_per_weight, T factor, T* y,
                int64_t rows) {
  for (int64_t r = first_element(); r < rows; r += element_step())
    y[r] = x[r * step] * (weights == nullptr ? factor : weights[r / rows_per_weight] * factor);
}

template <class T>
__global__ void __launch_bounds__(kThreads) find_nan(const T* x, int64_t n, Complaints complaints) {
  for (int64_t i = first_element(); i < n; i += element_step())
    if (x[i] != x[i]) complaints.file(Fault::target_nan, i, 0, 0, 0);
}

}  // namespace

template <class T>
void weighted_sum_cuda(const T* losses, const T* weights, int64_t rows_per_weight, int64_t rows,
                       double factor, T* y, Stream& stream) {
  const int64_t pieces = (rows + kRowsPerPiece - 1) / kRowsPerPiece;
  const Workspace<double> sums(pieces, stream);
  launch_kernel("loss", stream, {static_cast<unsigned>(pieces), kThreads}, sum_pieces<T>, losses, weights,
                rows_per_weight, rows, sums.data());
  launch_kernel("loss", stream, {1, 1}, add_pieces<T>, sums.data(), pieces, factor, y);
}

template <class T>
void weight_rows_cuda(const T* x, int64_t step, const T* weights, int64_t rows_per_weight, T factor, T* y,
                      int64_t rows, Stream& stream) {
  launch_kernel("loss", stream, {grid_for(rows), kThreads}, weight_rows<T>, x, step, weights, rows_per_weight,
                factor, y, rows);
}

// The complaint names the op.
template <class T>
void refuse_nan_cuda(const char* op, const T* x, int64_t n, Stream& stream) {
  launch_kernel(op, stream, {grid_for(n), kThreads}, find_nan<T>, x, n,
                Complaints{stream.complaint(), op_number(op)});
}

template void weighted_sum_cuda(const float*, const float*, int64_t, int64_t, double, float*, Stream&);
template void weighted_sum_cuda(const double*, const double*, int64_t, int64_t, double, double*, Stream&);
template void weight_rows_cuda(const float*, int64_t, const float*, int64_t, float, float*, int64_t, Stream&);
template void weight_rows_cuda(const double*, int64_t, const double*, int64_t, double, double*, int64_t,
                               Stream&);
template void refuse_nan_cuda(const char*, const float*, int64_t, Stream&);
template void refuse_nan_cuda(const char*, const double*, int64_t, Stream&);

}  // namespace afina
