#include "ops/norm/layer_norm.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/norm/channels.h"

namespace afina {

template <Isa, class T>
void layer_norm_cpu(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* inverse,
                    int64_t rows, int64_t n);
template <class T>
void layer_norm_cuda(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* inverse,
                     int64_t rows, int64_t n, Stream& stream);
// dx, and the pair dgamma and dbeta, may be null.
template <Isa, class T>
void layer_norm_grad_cpu(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                         T* dgamma, T* dbeta, int64_t rows, int64_t n);
template <class T>
void layer_norm_grad_cuda(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                          T* dgamma, T* dbeta, int64_t rows, int64_t n, Stream& stream);

Tensor layer_norm(const Tensor& x, const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                  double epsilon, int64_t axes) {
  if (!is_floating(x.dtype())) fail<DTypeError>("layer_norm", "x needs float32 or float64, got ", x.dtype());
  if (axes < 1 || axes > x.rank())
    fail<ArgumentError>("layer_norm", "axes must be 1 to ", x.rank(), " for x of shape ", x.shape(), ", got ",
                        axes);
  const int first = x.rank() - static_cast<int>(axes);
  const Shape row(x.shape().sizes().subspan(static_cast<size_t>(first)));
  check_parameter("layer_norm", "gamma", gamma, x, row);
  check_parameter("layer_norm", "beta", beta, x, row);
  check_epsilon("layer_norm", epsilon);
  const int64_t rows = x.shape().size_between(0, first), n = row.size();
  if (n == 0) fail<ShapeError>("layer_norm", "nothing to normalize: rows of shape ", row);
  return visit_floating(x.dtype(), "layer_norm", [&]<class T>() {
    Tensor y = empty_like(x), mean = empty({rows}, x.dtype(), x.device()), inverse = empty_like(mean);
    const Tensor g = or_none(gamma), b = or_none(beta);
    launch(
        x.device(),
        [=]<Isa I>() {
          layer_norm_cpu<I>(x.data<T>(), g.data_or_null<T>(), b.data_or_null<T>(), static_cast<T>(epsilon),
                            y.data<T>(), mean.data<T>(), inverse.data<T>(), rows, n);
        },
        [=](auto& stream) {
          layer_norm_cuda(x.data<T>(), g.data_or_null<T>(), b.data_or_null<T>(), static_cast<T>(epsilon),
                          y.data<T>(), mean.data<T>(), inverse.data<T>(), rows, n, stream);
        });
    return record(
        "layer_norm", {x, g, b}, y,
        [=, x = detached(x), g = g.defined() ? detached(g) : g](const Tensor& dy, Needs needs) -> Gradients {
          Tensor dx = needs[0] ? empty_like(x) : Tensor(), dgamma, dbeta;
          if (needs[1] || needs[2]) {
            dgamma = empty(row, x.dtype(), x.device());
            dbeta = empty_like(dgamma);
          }
          launch(
              x.device(),
              [=]<Isa I>() {
                layer_norm_grad_cpu<I>(dy.data<T>(), x.data<T>(), g.data_or_null<T>(), mean.data<T>(),
                                       inverse.data<T>(), dx.data_or_null<T>(), dgamma.data_or_null<T>(),
                                       dbeta.data_or_null<T>(), rows, n);
              },
              [=](auto& stream) {
                layer_norm_grad_cuda(dy.data<T>(), x.data<T>(), g.data_or_null<T>(), mean.data<T>(),
                                     inverse.data<T>(), dx.data_or_null<T>(), dgamma.data_or_null<T>(),
                                     dbeta.data_or_null<T>(), rows, n, stream);
              });
          return {dx, dgamma, dbeta};
        });
  });
}

}  // namespace afina
