#include "ops/norm/group_norm.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/norm/channels.h"

namespace afina {

// x is (instances, rows, c).  moments: room for 2 c doubles an instance; mean, inverse: (instances, c).
template <Isa, class T>
void group_norm_cpu(const T* x, const T* gamma, const T* beta, T epsilon, double* moments, T* y, T* mean,
                    T* inverse, int64_t instances, int64_t rows, int64_t c, int64_t groups);
template <class T>
void group_norm_cuda(const T* x, const T* gamma, const T* beta, T epsilon, double* moments, T* y, T* mean,
                     T* inverse, int64_t instances, int64_t rows, int64_t c, int64_t groups, Stream& stream);
// dx, and the pair dgamma and dbeta, may be null.  sums: room for 2 c doubles an instance.
template <Isa, class T>
void group_norm_grad_cpu(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse,
                         double* sums, T* dx, T* dgamma, T* dbeta, int64_t instances, int64_t rows, int64_t c,
                         int64_t groups);
template <class T>
void group_norm_grad_cuda(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse,
                          double* sums, T* dx, T* dgamma, T* dbeta, int64_t instances, int64_t rows,
                          int64_t c, int64_t groups, Stream& stream);

namespace {

Tensor grouped(const char* op, const Tensor& x, const std::optional<Tensor>& gamma,
               const std::optional<Tensor>& beta, int64_t groups, double epsilon) {
  const int64_t instances = x.dim(0), c = x.dim(-1), rows = x.shape().size_between(1, x.rank() - 1);
  check_parameter(op, "gamma", gamma, x, {c});
  check_parameter(op, "beta", beta, x, {c});
  check_epsilon(op, epsilon);
  if (rows * c == 0) fail<ShapeError>(op, "nothing to normalize: x has shape ", x.shape());
  return visit_floating(x.dtype(), op, [&]<class T>() {
    Tensor y = empty_like(x), mean = empty({instances, c}, x.dtype(), x.device()), inverse = empty_like(mean);
    const Tensor g = or_none(gamma), b = or_none(beta);
    const Tensor moments = empty({instances, 2 * c}, DType::float64, x.device());
    launch(
        x.device(),
        [=]<Isa I>() {
          group_norm_cpu<I>(x.data<T>(), g.data_or_null<T>(), b.data_or_null<T>(), static_cast<T>(epsilon),
                            moments.data<double>(), y.data<T>(), mean.data<T>(), inverse.data<T>(), instances,
                            rows, c, groups);
        },
        [=](auto& stream) {
          group_norm_cuda(x.data<T>(), g.data_or_null<T>(), b.data_or_null<T>(), static_cast<T>(epsilon),
                          moments.data<double>(), y.data<T>(), mean.data<T>(), inverse.data<T>(), instances,
                          rows, c, groups, stream);
        });
    return record(
        op, {x, g, b}, y,
        [=, x = detached(x), g = g.defined() ? detached(g) : g](const Tensor& dy, Needs needs) -> Gradients {
          Tensor dx = needs[0] ? empty_like(x) : Tensor(), dgamma, dbeta;
          if (needs[1] || needs[2]) {
            dgamma = empty({c}, x.dtype(), x.device());
            dbeta = empty_like(dgamma);
          }
          const Tensor sums = empty({instances, 2 * c}, DType::float64, x.device());
          launch(
              x.device(),
              [=]<Isa I>() {
                group_norm_grad_cpu<I>(dy.data<T>(), x.data<T>(), g.data_or_null<T>(), mean.data<T>(),
                                       inverse.data<T>(), sums.data<double>(), dx.data_or_null<T>(),
                                       dgamma.data_or_null<T>(), dbeta.data_or_null<T>(), instances, rows, c,
                                       groups);
              },
              [=](auto& stream) {
                group_norm_grad_cuda(dy.data<T>(), x.data<T>(), g.data_or_null<T>(), mean.data<T>(),
                                     inverse.data<T>(), sums.data<double>(), dx.data_or_null<T>(),
                                     dgamma.data_or_null<T>(), dbeta.data_or_null<T>(), instances, rows, c,
                                     groups, stream);
              });
          return {dx, dgamma, dbeta};
        });
  });
}

void check_images(const char* op, const Tensor& x, int least_axes) {
  if (!is_floating(x.dtype())) fail<DTypeError>(op, "x needs float32 or float64, got ", x.dtype());
  if (x.rank() < least_axes)
    fail<ShapeError>(op, "x must be (n, ..., channels) with at least ", least_axes, " axes, got ", x.shape());
}

}  // namespace

Tensor group_norm(const Tensor& x, const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                  int64_t groups, double epsilon) {
  check_images("group_norm", x, 2);
  if (groups < 1 || x.dim(-1) % groups != 0)
    fail<ArgumentError>("group_norm", "groups must divide the ", x.dim(-1), " channels of x, got ", groups);
  return grouped("group_norm", x, gamma, beta, groups, epsilon);
}

Tensor instance_norm(const Tensor& x, const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                     double epsilon) {
  check_images("instance_norm", x, 3);
  return grouped("instance_norm", x, gamma, beta, x.dim(-1), epsilon);
}

}  // namespace afina
