#include "cuda/columns.h"
#include "cuda/math.h"
#include "cuda/rows.h"

// rows = product of the leading axes, n = elements of a row.
namespace afina {
namespace {

// gamma at i, one where there is none.
template <class T>
__device__ __forceinline__ T gamma_at(const T* gamma, int64_t i) {
  return gamma == nullptr ? T{1} : gamma[i];
}

template <class Team, class T>
__global__ void __launch_bounds__(kThreads)
    normalize_rows(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* inverse,
                   int64_t rows, int64_t n) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const T* const row = x + r * n;
    T* const out = y + r * n;
    // 1. mean, then the spread around it: the row lies in cache
    const T centre =
        static_cast<T>(row_sum<Team>(n, [=](int64_t i) { return row[i]; }) / static_cast<double>(n));
    const double spread = row_sum<Team>(n, [=](int64_t i) { return (row[i] - centre) * (row[i] - centre); });
    const T scale = static_cast<T>(1 / sqrt(spread / static_cast<double>(n) + static_cast<double>(epsilon)));
    if (Team::rank() == 0) {
      mean[r] = centre;
      inverse[r] = scale;
    }
    // 2. y
    for_row<Team>(n, [=](int64_t i) {
      const T v = (row[i] - centre) * scale * gamma_at(gamma, i);
      out[i] = beta == nullptr ? v : v + beta[i];
    });
  }
}

template <class Team, class T>
__global__ void __launch_bounds__(kThreads)
    normalize_rows_grad(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                        int64_t rows, int64_t n) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const T* const g = dy + r * n;
    const T* const row = x + r * n;
    const T centre = mean[r], scale = inverse[r];
    const double all = static_cast<double>(n);
    // 1. the means of gamma dy and gamma dy xhat
    const T mean_g =
        static_cast<T>(row_sum<Team>(n, [=](int64_t i) { return g[i] * gamma_at(gamma, i); }) / all);
    const T mean_gx = static_cast<T>(
        row_sum<Team>(n, [=](int64_t i) { return g[i] * gamma_at(gamma, i) * ((row[i] - centre) * scale); }) /
        all);
    // 2. dx
    for_row<Team>(n, [=](int64_t i) {
      const T hat = (row[i] - centre) * scale;
      dx[r * n + i] = scale * (g[i] * gamma_at(gamma, i) - mean_g - hat * mean_gx);
    });
  }
}

// dy xhat and dy, to be summed over the rows.
template <class T>
struct ParameterTerm {
  const T *dy, *x, *mean, *inverse;
  int64_t n;
  __device__ void operator()(int64_t, int64_t r, int64_t i, double* sums) const {
    const T d = dy[r * n + i];
    sums[0] += static_cast<double>(d * ((x[r * n + i] - mean[r]) * inverse[r]));
    sums[1] += static_cast<double>(d);
  }
};
template <class T>
struct StoreParameters {
  T *dgamma, *dbeta;
  __device__ void operator()(int64_t, int64_t i, const double* sums) const {
    dgamma[i] = static_cast<T>(sums[0]);
    dbeta[i] = static_cast<T>(sums[1]);
  }
};

}  // namespace

template <class T>
void layer_norm_cuda(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* inverse,
                     int64_t rows, int64_t n, Stream& stream) {
  with_team(rows, n, [&]<class Team>(unsigned blocks) {
    launch_kernel("layer_norm", stream, {blocks, kThreads}, normalize_rows<Team, T>, x, gamma, beta, epsilon,
                  y, mean, inverse, rows, n);
  });
}

template <class T>
void layer_norm_grad_cuda(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                          T* dgamma, T* dbeta, int64_t rows, int64_t n, Stream& stream) {
  if (dx != nullptr)
    with_team(rows, n, [&]<class Team>(unsigned blocks) {
      launch_kernel("layer_norm", stream, {blocks, kThreads}, normalize_rows_grad<Team, T>, dy, x, gamma,
                    mean, inverse, dx, rows, n);
    });
  // 3. dgamma and dbeta
  if (dgamma != nullptr)
    sum_columns<2>("layer_norm", ParameterTerm<T>{dy, x, mean, inverse, n}, StoreParameters<T>{dgamma, dbeta},
                   1, rows, n, stream);
}

template void layer_norm_cuda(const float*, const float*, const float*, float, float*, float*, float*,
                              int64_t, int64_t, Stream&);
template void layer_norm_cuda(const double*, const double*, const double*, double, double*, double*, double*,
                              int64_t, int64_t, Stream&);
template void layer_norm_grad_cuda(const float*, const float*, const float*, const float*, const float*,
                                   float*, float*, float*, int64_t, int64_t, Stream&);
template void layer_norm_grad_cuda(const double*, const double*, const double*, const double*, const double*,
                                   double*, double*, double*, int64_t, int64_t, Stream&);

}  // namespace afina
