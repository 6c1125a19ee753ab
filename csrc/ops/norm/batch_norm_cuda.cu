#include "ops/norm/channel_passes.cuh"

// rows = product of all axes but the last, c = channels.
namespace afina {
namespace {

template <class T>
struct StoreStatistics {
  MomentTerm<T> term;
  const T* gamma;
  T epsilon;
  T *mean, *variance, *inverse, *scale;
  __device__ void operator()(int64_t, int64_t i, const double* sums) const {
    const Moments moments = moments_of(term, 0, i, sums);
    const double spread = moments.spread / static_cast<double>(term.rows);
    mean[i] = static_cast<T>(moments.mean);
    variance[i] = static_cast<T>(spread);
    inverse[i] = static_cast<T>(1 / sqrt(spread + static_cast<double>(epsilon)));
    scale[i] = gamma == nullptr ? inverse[i] : gamma[i] * inverse[i];
  }
};

template <class T>
struct StoreGradients {
  const T *gamma, *inverse;
  T *dgamma, *dbeta;
  T *scale, *a, *b;  // of dx; null: not wanted
  int64_t rows;
  __device__ void operator()(int64_t, int64_t i, const double* sums) const {
    const double r = static_cast<double>(inverse[i]), n = static_cast<double>(rows);
    dbeta[i] = static_cast<T>(sums[0]);
    dgamma[i] = static_cast<T>(sums[1] * r);
    if (scale == nullptr) return;
    const double s = gamma == nullptr ? r : static_cast<double>(gamma[i]) * r;
    scale[i] = static_cast<T>(s);
    a[i] = static_cast<T>(s * sums[0] / n);
    b[i] = static_cast<T>(s * r * r * sums[1] / n);
  }
};

template <class T>
__global__ void __launch_bounds__(kThreads)
    inference_scale(const T* variance, const T* gamma, T epsilon, T* inverse, T* scale, int64_t c) {
  for (int64_t i = first_element(); i < c; i += element_step()) {
    const T root = sqrt(variance[i] + epsilon);
    inverse[i] = T{1} / root;
    scale[i] = gamma == nullptr ? T{1} / root : gamma[i] / root;
  }
}

}  // namespace

template <class T>
void batch_norm_cuda(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* variance,
                     T* inverse, int64_t rows, int64_t c, bool relu, Stream& stream) {
  // 1. statistics, in one read of x
  const Workspace<T> scale(c, stream);
  const MomentTerm<T> term{x, rows, c};
  sum_columns<2>("batch_norm", term,
                 StoreStatistics<T>{term, gamma, epsilon, mean, variance, inverse, scale.data()}, 1, rows, c,
                 stream);
  // 2. y
  launch_kernel("batch_norm", stream, {grid_for(rows * c), kThreads}, scale_columns<T>, x, mean, scale.data(),
                beta, y, 1, rows, c, 0, relu);
}

template <class T>
void batch_norm_grad_cuda(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                          T* dgamma, T* dbeta, int64_t rows, int64_t c, Stream& stream) {
  // 1. sums of dy and of dy (x - mean)
  const Workspace<T> room(3 * c, stream);
  T *const scale = room.data(), *const a = scale + c, *const b = a + c;
  sum_columns<2>("batch_norm", DotTerm<T>{dy, x, mean, rows, c, 0},
                 StoreGradients<T>{gamma, inverse, dgamma, dbeta, scale, a, b, rows}, 1, rows, c, stream);
  // 2. dx = scale (dy - mean(dy) - xhat mean(dy xhat))
  if (dx != nullptr)
    launch_kernel("batch_norm", stream, {grid_for(rows * c), kThreads}, scale_columns_grad<T>, dy, x, mean,
                  scale, a, b, dx, 1, rows, c, 0);
}

template <class T>
void batch_norm_inference_scale_cuda(const T* variance, const T* gamma, T epsilon, T* inverse, T* scale,
                                     int64_t c, Stream& stream) {
  launch_kernel("batch_norm_inference", stream, {grid_for(c), kThreads}, inference_scale<T>, variance, gamma,
                epsilon, inverse, scale, c);
}

template <class T>
void batch_norm_inference_cuda(const T* x, const T* mean, const T* scale, const T* beta, T* y, int64_t rows,
                               int64_t c, Stream& stream) {
  launch_kernel("batch_norm_inference", stream, {grid_for(rows * c), kThreads}, scale_columns<T>, x, mean,
                scale, beta, y, 1, rows, c, 0, false);
}

template <class T>
void batch_norm_inference_grad_cuda(const T* dy, const T* x, const T* mean, const T* inverse, T* dgamma,
                                    T* dbeta, int64_t rows, int64_t c, Stream& stream) {
  if (c == 0) return;
  sum_columns<2>("batch_norm_inference", DotTerm<T>{dy, x, mean, rows, c, 0},
                 StoreGradients<T>{nullptr, inverse, dgamma, dbeta, nullptr, nullptr, nullptr, rows}, 1, rows,
                 c, stream);
}

template void batch_norm_cuda(const float*, const float*, const float*, float, float*, float*, float*, float*,
                              int64_t, int64_t, bool, Stream&);
template void batch_norm_cuda(const double*, const double*, const double*, double, double*, double*, double*,
                              double*, int64_t, int64_t, bool, Stream&);
template void batch_norm_grad_cuda(const float*, const float*, const float*, const float*, const float*,
                                   float*, float*, float*, int64_t, int64_t, Stream&);
template void batch_norm_grad_cuda(const double*, const double*, const double*, const double*, const double*,
                                   double*, double*, double*, int64_t, int64_t, Stream&);
template void batch_norm_inference_scale_cuda(const float*, const float*, float, float*, float*, int64_t,
                                              Stream&);
template void batch_norm_inference_scale_cuda(const double*, const double*, double, double*, double*, int64_t,
                                              Stream&);
template void batch_norm_inference_cuda(const float*, const float*, const float*, const float*, float*,
                                        int64_t, int64_t, Stream&);
template void batch_norm_inference_cuda(const double*, const double*, const double*, const double*, double*,
                                        int64_t, int64_t, Stream&);
template void batch_norm_inference_grad_cuda(const float*, const float*, const float*, const float*, float*,
                                             float*, int64_t, int64_t, Stream&);
template void batch_norm_inference_grad_cuda(const double*, const double*, const double*, const double*,
                                             double*, double*, int64_t, int64_t, Stream&);

}  // namespace afina
