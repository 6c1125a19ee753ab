#include "ops/norm/batch_norm.h"

#include <cmath>

#include "core/launch.h"
#include "core/node.h"
#include "ops/linear/closing.h"
#include "ops/norm/channels.h"

namespace afina {

// moments: room for 2 c doubles.
template <Isa, class T>
void batch_norm_cpu(const T* x, const T* gamma, const T* beta, T epsilon, double* moments, T* y, T* mean,
                    T* variance, T* inverse, int64_t rows, int64_t c, FusedActivation activation);
template <class T>
void batch_norm_cuda(const T* x, const T* gamma, const T* beta, T epsilon, T* y, T* mean, T* variance,
                     T* inverse, int64_t rows, int64_t c, bool relu, Stream& stream);
// dx may be null.
template <Isa, class T>
void batch_norm_grad_cpu(const T* dy, const T* x, const T* gamma, const T* beta, const T* mean,
                         const T* inverse, double* sums, T* dx, T* dgamma, T* dbeta, int64_t rows, int64_t c,
                         FusedActivation activation);
template <class T>
void batch_norm_grad_cuda(const T* dy, const T* x, const T* gamma, const T* mean, const T* inverse, T* dx,
                          T* dgamma, T* dbeta, int64_t rows, int64_t c, Stream& stream);
template <class T>
void batch_norm_inference_scale_cuda(const T* variance, const T* gamma, T epsilon, T* inverse, T* scale,
                                     int64_t c, Stream& stream);
template <Isa, class T>
void batch_norm_inference_cpu(const T* x, const T* mean, const T* scale, const T* beta, T* y, int64_t rows,
                              int64_t c, FusedActivation activation);
template <class T>
void batch_norm_inference_cuda(const T* x, const T* mean, const T* scale, const T* beta, T* y, int64_t rows,
                               int64_t c, Stream& stream);
template <Isa, class T>
void batch_norm_inference_grad_cpu(const T* dy, const T* x, const T* mean, const T* inverse, double* sums,
                                   T* dgamma, T* dbeta, int64_t rows, int64_t c);
template <class T>
void batch_norm_inference_grad_cuda(const T* dy, const T* x, const T* mean, const T* inverse, T* dgamma,
                                    T* dbeta, int64_t rows, int64_t c, Stream& stream);

namespace {

struct Sizes {
  int64_t rows, c;
};

Sizes sizes_of(const char* op, const Tensor& x) {
  if (!is_floating(x.dtype())) fail<DTypeError>(op, "x needs float32 or float64, got ", x.dtype());
  if (x.rank() < 2) fail<ShapeError>(op, "x must be (..., channels) with at least two axes, got ", x.shape());
  return {x.shape().size_between(0, x.rank() - 1), x.dim(-1)};
}

Tensor room_for(const Tensor& like, int64_t doubles) {
  return empty({doubles}, DType::float64, like.device());
}

}  // namespace

std::array<Tensor, 3> batch_norm(const Tensor& x, const std::optional<Tensor>& gamma,
                                 const std::optional<Tensor>& beta, double epsilon,
                                 const std::string& activation) {
  const FusedActivation named = fused_activation_named("batch_norm", activation);
  const auto [rows, c] = sizes_of("batch_norm", x);
  check_parameter("batch_norm", "gamma", gamma, x, {c});
  check_parameter("batch_norm", "beta", beta, x, {c});
  check_epsilon("batch_norm", epsilon);
  if (rows < 2 || c == 0)
    fail<ArgumentError>("batch_norm", "needs at least two values per channel to normalize, got x of shape ",
                        x.shape());
  return visit_floating(x.dtype(), "batch_norm", [&, rows = rows, c = c]<class T>() {
    Tensor y = empty_like(x), mean = empty({c}, x.dtype(), x.device()), variance = empty_like(mean);
    Tensor inverse = empty_like(mean);
    const Tensor moments = room_for(x, 2 * c), g = or_none(gamma), b = or_none(beta);
    const bool in_pass = is_passing(named) && x.device().is_cpu();
    const FusedActivation passing = in_pass ? named : FusedActivation{};
    const FusedActivation closing = in_pass ? FusedActivation{} : named;
    const bool relu = in_registers(closing) && !closing.is_identity();  // a CUDA device's pass takes it along
    launch(
        x.device(),
        [=]<Isa I>() {
          batch_norm_cpu<I>(x.data<T>(), g.data_or_null<T>(), b.data_or_null<T>(), static_cast<T>(epsilon),
                            moments.data<double>(), y.data<T>(), mean.data<T>(), variance.data<T>(),
                            inverse.data<T>(), rows, c, passing);
        },
        [=](auto& stream) {
          batch_norm_cuda(x.data<T>(), g.data_or_null<T>(), b.data_or_null<T>(), static_cast<T>(epsilon),
                          y.data<T>(), mean.data<T>(), variance.data<T>(), inverse.data<T>(), rows, c, relu,
                          stream);
        });
    const Closed result = closed(closing, y);
    y = record("batch_norm", {x, g, b}, result.y,
               [=, kept = result.kept, x = detached(x), g = g.defined() ? detached(g) : g,
                b = b.defined() ? detached(b) : b](const Tensor& dy, Needs needs) -> Gradients {
                 const Tensor dz = closing_grad(closing, kept, dy, false).dz;
                 Tensor dx = needs[0] ? empty_like(x) : Tensor();
                 Tensor dgamma = empty_like(mean), dbeta = empty_like(mean);
                 const Tensor sums = room_for(x, 2 * c);
                 launch(
                     x.device(),
                     [=]<Isa I>() {
                       batch_norm_grad_cpu<I>(dz.data<T>(), x.data<T>(), g.data_or_null<T>(),
                                              b.data_or_null<T>(), mean.data<T>(), inverse.data<T>(),
                                              sums.data<double>(), dx.data_or_null<T>(), dgamma.data<T>(),
                                              dbeta.data<T>(), rows, c, passing);
                     },
                     [=](auto& stream) {
                       batch_norm_grad_cuda(dz.data<T>(), x.data<T>(), g.data_or_null<T>(), mean.data<T>(),
                                            inverse.data<T>(), dx.data_or_null<T>(), dgamma.data<T>(),
                                            dbeta.data<T>(), rows, c, stream);
                     });
                 return {dx, dgamma, dbeta};
               });
    return std::array<Tensor, 3>{y, mean, variance};
  });
}

Tensor batch_norm_inference(const Tensor& x, const Tensor& mean, const Tensor& variance,
                            const std::optional<Tensor>& gamma, const std::optional<Tensor>& beta,
                            double epsilon, const std::string& activation) {
  constexpr const char* op = "batch_norm_inference";
  const FusedActivation named = fused_activation_named(op, activation);
  const auto [rows, c] = sizes_of(op, x);
  check_parameter(op, "mean", mean, x, {c});
  check_parameter(op, "variance", variance, x, {c});
  check_parameter(op, "gamma", gamma, x, {c});
  check_parameter(op, "beta", beta, x, {c});
  check_epsilon(op, epsilon);
  return visit_floating(x.dtype(), op, [&, rows = rows, c = c]<class T>() {
    Tensor y = empty_like(x), inverse = empty_like(mean), scale = empty_like(mean);
    const Tensor g = or_none(gamma), b = or_none(beta);
    const bool recorded = recording() && any_requires_grad(std::array{x, g, b});
    const bool in_pass = is_passing(named) && x.device().is_cpu() && !recorded;
    const FusedActivation passing = in_pass ? named : FusedActivation{};
    launch(
        x.device(),
        [=]<Isa I>() {
          for (int64_t i = 0; i < c; ++i) {
            const T root = std::sqrt(variance.data<T>()[i] + static_cast<T>(epsilon));
            inverse.data<T>()[i] = T{1} / root;
            scale.data<T>()[i] = g.defined() ? g.data<T>()[i] / root : T{1} / root;
          }
        },
        [=](auto& stream) {
          batch_norm_inference_scale_cuda(variance.data<T>(), g.data_or_null<T>(), static_cast<T>(epsilon),
                                          inverse.data<T>(), scale.data<T>(), c, stream);
        });
    launch(
        x.device(),
        [=]<Isa I>() {
          batch_norm_inference_cpu<I>(x.data<T>(), mean.data<T>(), scale.data<T>(), b.data_or_null<T>(),
                                      y.data<T>(), rows, c, passing);
        },
        [=](auto& stream) {
          batch_norm_inference_cuda(x.data<T>(), mean.data<T>(), scale.data<T>(), b.data_or_null<T>(),
                                    y.data<T>(), rows, c, stream);
        });
    const bool scaled = any_requires_grad(std::array{g, b});
    y = record(op, {x, g, b}, y,
               [=, x = scaled ? detached(x) : Tensor(), mean = detached(mean)](const Tensor& dy,
                                                                               Needs needs) -> Gradients {
                 Tensor dx = needs[0] ? empty_like(dy) : Tensor(), dgamma, dbeta;
                 if (needs[1] || needs[2]) {
                   dgamma = empty_like(mean);
                   dbeta = empty_like(mean);
                 }
                 const Tensor sums = room_for(dy, 2 * c);
                 launch(
                     dy.device(),
                     [=]<Isa I>() {
                       if (dx.defined())
                         batch_norm_inference_cpu<I, T>(dy.data<T>(), nullptr, scale.data<T>(), nullptr,
                                                        dx.data<T>(), rows, c, FusedActivation{});
                       if (dgamma.defined())
                         batch_norm_inference_grad_cpu<I>(dy.data<T>(), x.data<T>(), mean.data<T>(),
                                                          inverse.data<T>(), sums.data<double>(),
                                                          dgamma.data<T>(), dbeta.data<T>(), rows, c);
                     },
                     [=](auto& stream) {
                       if (dx.defined())
                         batch_norm_inference_cuda<T>(dy.data<T>(), nullptr, scale.data<T>(), nullptr,
                                                      dx.data<T>(), rows, c, stream);
                       if (dgamma.defined())
                         batch_norm_inference_grad_cuda(dy.data<T>(), x.data<T>(), mean.data<T>(),
                                                        inverse.data<T>(), dgamma.data<T>(), dbeta.data<T>(),
                                                        rows, c, stream);
                     });
                 return {dx, dgamma, dbeta};
               });
    return in_pass ? y : activated(named, y);
  });
}

}  // namespace afina
