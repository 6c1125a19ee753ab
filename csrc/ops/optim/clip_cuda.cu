#include <vector>

#include "cuda/rows.h"
#include "cuda/workspace.h"
#include "ops/optim/update_tensors.cuh"

namespace afina {
namespace {

constexpr int kSumBlocks = 64;  // a tensor

// Squares are taken and summed in double, so that neither a large element overflows nor a long sum drifts.
template <class T>
__global__ void __launch_bounds__(kThreads)
    sum_squares(const __grid_constant__ UpdateTensors<T> work, double* sums) {
  const UpdatePiece<T>& piece = work.of[blockIdx.y];
  double own = 0;
  for (int64_t i = first_element(); i < piece.size; i += element_step())
    own += static_cast<double>(piece.gradient[i]) * static_cast<double>(piece.gradient[i]);
  own = block_combined(own, [](double a, double b) { return a + b; });
  if (threadIdx.x == 0) sums[blockIdx.y * gridDim.x + blockIdx.x] = own;
}

template <class T>
struct Factors {
  T of[UpdateTensors<T>::kMost];
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    scale_tensors(const __grid_constant__ UpdateTensors<T> work, const __grid_constant__ Factors<T> factors) {
  const UpdatePiece<T>& piece = work.of[blockIdx.y];
  const T factor = factors.of[blockIdx.y];
  map_elements(
      piece.size, [=](T v) { return v * factor; }, piece.parameter, static_cast<const T*>(piece.parameter));
}

template <class T>
struct Limit {
  T limit;
  __device__ void operator()(T& p, T, T*) const {
    p = p > limit ? limit : p < -limit ? -limit : p;  // a comparison with NaN is false: it stays
  }
};

}  // namespace

// norms[position in the list] = the tensor's sum of squares; waits for it.
template <class T>
void squared_sums_cuda(const UpdateTensors<T>& work, double* norms, Stream& stream) {
  const int64_t count = int64_t{work.count} * kSumBlocks;
  const Workspace<double> sums(count, stream);
  launch_kernel("global_norm", stream, {dim3(kSumBlocks, static_cast<unsigned>(work.count)), kThreads},
                sum_squares<T>, work, sums.data());
  std::vector<double> host(static_cast<size_t>(count));
  copy_from_cuda(host.data(), sums.data(), stream.device(), host.size() * sizeof(double));
  for (int i = 0; i < work.count; ++i)
    for (int block = 0; block < kSumBlocks; ++block)
      norms[work.position[i]] += host[static_cast<size_t>(i * kSumBlocks + block)];
}

// Each tensor times the factor at its position in the list.
template <class T>
void scale_tensors_cuda(const UpdateTensors<T>& work, const double* factors, Stream& stream) {
  Factors<T> own{};
  for (int i = 0; i < work.count; ++i) own.of[i] = static_cast<T>(factors[work.position[i]]);
  launch_kernel("clip", stream, shape_of(work), scale_tensors<T>, work, own);
}

template <class T>
void clip_tensors_cuda(const UpdateTensors<T>& work, T limit, Stream& stream) {
  run_update<0>("clip_by_value", work, WeightDecay<T>{T{0}, T{1}}, Limit<T>{limit}, stream);
}

template void squared_sums_cuda(const UpdateTensors<float>&, double*, Stream&);
template void squared_sums_cuda(const UpdateTensors<double>&, double*, Stream&);
template void scale_tensors_cuda(const UpdateTensors<float>&, const double*, Stream&);
template void scale_tensors_cuda(const UpdateTensors<double>&, const double*, Stream&);
template void clip_tensors_cuda(const UpdateTensors<float>&, float, Stream&);
template void clip_tensors_cuda(const UpdateTensors<double>&, double, Stream&);

}  // namespace afina
