#include "cuda/columns.h"
#include "cuda/vector.h"
#include "ops/elementwise/activation.h"

namespace afina {
namespace {

// f(functor) on the host, for the activation that was chosen at run time.
template <class F, class... Functor>
void with_activation(FusedActivation activation, const F& f, List<Functor...>) {
  static_cast<void>(
      ((PositionOf<Functor, Activations>::value == activation.position && (f(Functor{}), true)) || ...));
}

template <class Functor, class T>
__global__ void __launch_bounds__(kThreads) activate(Functor f, const T* z, T* y, int64_t n) {
  map_elements(n, [&](T v) { return f.value(v); }, y, z);
}

template <class Functor, class T>  // reads the one of x and y that is saved
__global__ void __launch_bounds__(kThreads)
    activate_grad(Functor f, const T* kept, const T* dy, T* dz, int64_t n) {
  map_elements(n, [&](T saved, T d) { return d * f.slope(saved, saved); }, dz, kept, dy);
}

template <class T>
struct BiasTerm {
  const T* dz;
  int64_t n;
  __device__ void operator()(int64_t, int64_t r, int64_t j, double* sums) const {
    sums[0] += static_cast<double>(dz[r * n + j]);
  }
};
template <class T>
struct StoreBias {
  T* dbias;
  __device__ void operator()(int64_t, int64_t j, const double* sums) const {
    dbias[j] = static_cast<T>(sums[0]);
  }
};

}  // namespace

// y = activation(z), element by element; y may be z.
template <class T>
void closing_cuda(FusedActivation activation, const T* z, T* y, int64_t n, Stream& stream) {
  with_activation(
      activation,
      [&]<class Functor>(Functor f) {
        launch_kernel(Functor::name, stream, {grid_for_packs<T>(n), kThreads}, activate<Functor, T>, f, z, y,
                      n);
      },
      Activations{});
}

// dz = dy f'(kept) (not without an activation) and dbias = the sum of dz over the rows (null: not wanted).
template <class T>
void closing_grad_cuda(FusedActivation activation, const T* kept, const T* dy, T* dz, T* dbias, int64_t rows,
                       int64_t n, Stream& stream) {
  if (dz != nullptr)
    with_activation(
        activation,
        [&]<class Functor>(Functor f) {
          launch_kernel(Functor::name, stream, {grid_for_packs<T>(rows * n), kThreads},
                        activate_grad<Functor, T>, f, kept, dy, dz, rows * n);
        },
        Activations{});
  if (dbias != nullptr)
    sum_columns<1>("bias", BiasTerm<T>{dz != nullptr ? dz : dy, n}, StoreBias<T>{dbias}, 1, rows, n, stream);
}

template void closing_cuda(FusedActivation, const float*, float*, int64_t, Stream&);
template void closing_cuda(FusedActivation, const double*, double*, int64_t, Stream&);
template void closing_grad_cuda(FusedActivation, const float*, const float*, float*, float*, int64_t, int64_t,
                                Stream&);
template void closing_grad_cuda(FusedActivation, const double*, const double*, double*, double*, int64_t,
                                int64_t, Stream&);

}  // namespace afina
