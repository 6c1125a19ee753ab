#include "ops/norm/channel_passes.cuh"

// x is (instances, rows, c); a group is `size` = c / groups channels.  Each instance is a batch norm of its
// own whose channels share their statistics within a group.
namespace afina {
namespace {

// The moments of each channel: (instances, 2, c).
template <class T>
struct StoreMoments {
  MomentTerm<T> term;
  double* moments;
  __device__ void operator()(int64_t n, int64_t i, const double* sums) const {
    const Moments channel = moments_of(term, n, i, sums);
    moments[n * 2 * term.c + i] = channel.mean;
    moments[n * 2 * term.c + term.c + i] = channel.spread;
  }
};

struct StoreDots {
  double* dots;
  int64_t c;
  __device__ void operator()(int64_t n, int64_t i, const double* sums) const {
    dots[n * 2 * c + i] = sums[0];
    dots[n * 2 * c + c + i] = sums[1];
  }
};

// A thread a group: the moments of its channels put together (Chan et al. 1979).
template <class T>
__global__ void __launch_bounds__(kThreads)
    group_statistics(const double* moments, const T* gamma, T epsilon, T* mean, T* inverse, T* scale,
                     int64_t instances, int64_t rows, int64_t c, int64_t groups) {
  const int64_t size = c / groups;
  for (int64_t g = first_element(); g < instances * groups; g += element_step()) {
    const int64_t n = g / groups, first = g % groups * size;
    const double *const centres = moments + n * 2 * c, *const spreads = centres + c;
    double centre = 0, spread = 0;
    for (int64_t i = first; i < first + size; ++i) centre += centres[i];
    centre /= static_cast<double>(size);
    for (int64_t i = first; i < first + size; ++i)
      spread += spreads[i] + static_cast<double>(rows) * (centres[i] - centre) * (centres[i] - centre);
    const double variance = spread / static_cast<double>(rows * size);
    const T root = static_cast<T>(1 / sqrt(variance + static_cast<double>(epsilon)));
    for (int64_t i = first; i < first + size; ++i) {
      mean[n * c + i] = static_cast<T>(centre);
      inverse[n * c + i] = root;
      scale[n * c + i] = gamma == nullptr ? root : gamma[i] * root;
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    group_factors(const double* dots, const T* gamma, const T* inverse, T* scale, T* a, T* b,
                  int64_t instances, int64_t rows, int64_t c, int64_t groups) {
  const int64_t size = c / groups;
  const double all = static_cast<double>(rows * size);
  for (int64_t g = first_element(); g < instances * groups; g += element_step()) {
    const int64_t n = g / groups, first = g % groups * size;
    double sum = 0, dot = 0;
    for (int64_t i = first; i < first + size; ++i) {
      const double weight = gamma == nullptr ? 1.0 : static_cast<double>(gamma[i]);
      sum += weight * dots[n * 2 * c + i];
      dot += weight * dots[n * 2 * c + c + i];
    }
    const double r = static_cast<double>(inverse[n * c + first]);
    for (int64_t i = first; i < first + size; ++i) {
      scale[n * c + i] = static_cast<T>(gamma == nullptr ? r : static_cast<double>(gamma[i]) * r);
      a[n * c + i] = static_cast<T>(r * sum / all);
      b[n * c + i] = static_cast<T>(r * r * r * dot / all);
    }
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    parameter_gradients(const double* dots, const T* inverse, T* dgamma, T* dbeta, int64_t instances,
                        int64_t c) {
  for (int64_t i = first_element(); i < c; i += element_step()) {
    double first = 0, second = 0;
    for (int64_t n = 0; n < instances; ++n) {
      first += dots[n * 2 * c + c + i] * static_cast<double>(inverse[n * c + i]);
      second += dots[n * 2 * c + i];
    }
    dgamma[i] = static_cast<T>(first);
    dbeta[i] = static_cast<T>(second);
  }
}

}  // namespace

template <class T>
void group_norm_cuda(const T* x, const T* gamma, const T* beta, T epsilon, double* moments, T* y, T* mean,
                     T* inverse, int64_t instances, int64_t rows, int64_t c, int64_t groups, Stream& stream) {
  // 1. statistics of each channel, then of each group
  const Workspace<T> scale(instances * c, stream);
  const MomentTerm<T> term{x, rows, c};
  sum_columns<2>("group_norm", term, StoreMoments<T>{term, moments}, instances, rows, c, stream);
  launch_kernel("group_norm", stream, {grid_for(instances * groups), kThreads}, group_statistics<T>, moments,
                gamma, epsilon, mean, inverse, scale.data(), instances, rows, c, groups);
  // 2. y
  launch_kernel("group_norm", stream, {grid_for(instances * rows * c), kThreads}, scale_columns<T>, x, mean,
                scale.data(), beta, y, instances, rows, c, c, false);
}

template <class T>
void group_norm_grad_cuda(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse,
                          double* sums, T* dx, T* dgamma, T* dbeta, int64_t instances, int64_t rows,
                          int64_t c, int64_t groups, Stream& stream) {
  // 1. sums of dy and of dy (x - mean) of each channel
  sum_columns<2>("group_norm", DotTerm<T>{dy, x, mean, rows, c, c}, StoreDots{sums, c}, instances, rows, c,
                 stream);
  // 2. dx
  if (dx != nullptr) {
    const Workspace<T> room(3 * instances * c, stream);
    T *const scale = room.data(), *const a = scale + instances * c, *const b = a + instances * c;
    launch_kernel("group_norm", stream, {grid_for(instances * groups), kThreads}, group_factors<T>, sums,
                  gamma, inverse, scale, a, b, instances, rows, c, groups);
    launch_kernel("group_norm", stream, {grid_for(instances * rows * c), kThreads}, scale_columns_grad<T>, dy,
                  x, mean, scale, a, b, dx, instances, rows, c, c);
  }
  // 3. dgamma and dbeta, instance by instance in order
  if (dgamma != nullptr)
    launch_kernel("group_norm", stream, {grid_for(c), kThreads}, parameter_gradients<T>, sums, inverse,
                  dgamma, dbeta, instances, c);
}

template void group_norm_cuda(const float*, const float*, const float*, float, double*, float*, float*,
                              float*, int64_t, int64_t, int64_t, int64_t, Stream&);
template void group_norm_cuda(const double*, const double*, const double*, double, double*, double*, double*,
                              double*, int64_t, int64_t, int64_t, int64_t, Stream&);
template void group_norm_grad_cuda(const float*, const float*, const float*, const float*, const float*,
                                   double*, float*, float*, float*, int64_t, int64_t, int64_t, int64_t,
                                   Stream&);
template void group_norm_grad_cuda(const double*, const double*, const double*, const double*, const double*,
                                   double*, double*, double*, double*, int64_t, int64_t, int64_t, int64_t,
                                   Stream&);

}  // namespace afina
