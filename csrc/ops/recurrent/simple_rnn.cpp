#include "ops/recurrent/simple_rnn.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/recurrent/arguments.h"
#include "ops/recurrent/weight_gradients.h"

namespace afina {

template <Isa, class T>
void simple_rnn_cpu(const Recurrence<T>& r, FusedActivation f, T* h, T* y);
template <Isa, class T>
void simple_rnn_grad_cpu(const Recurrence<T>& r, FusedActivation f, const T* h0, const T* y, const T* dy,
                         T* dh, T* dz, T* dx, T* left);
template <class T>
void simple_rnn_cuda(const Recurrence<T>& r, FusedActivation f, T* h, T* y, Stream& stream);
template <class T>
void simple_rnn_grad_cuda(const Recurrence<T>& r, FusedActivation f, const T* h0, const T* y, const T* dy,
                          T* dh, T* dz, T* dx, T* left, Stream& stream);

std::array<Tensor, 2> simple_rnn(const Tensor& x, const Tensor& kernel, const Tensor& recurrent_kernel,
                                 const std::optional<Tensor>& bias, const std::optional<Tensor>& initial_h,
                                 const std::optional<Tensor>& mask,
                                 const std::optional<Tensor>& recurrent_scale, bool go_backwards,
                                 const std::string& activation) {
  const SequenceArguments a = checked_sequence("simple_rnn", x, kernel, recurrent_kernel, bias, mask,
                                               recurrent_scale, go_backwards, 1);
  const Tensor h0 = checked_state("simple_rnn", "initial_h", initial_h, a);
  const FusedActivation f = checked_gate_activation("simple_rnn", "activation", activation);

  const DType dtype = x.dtype();
  const Device device = x.device();
  Tensor y = empty({a.batch, a.steps, a.units}, dtype, device), h = moving_state(h0, a);
  visit_floating(dtype, "simple_rnn", [&]<class T>() {
    launch(
        device, [=]<Isa I>() { simple_rnn_cpu<I>(a.recurrence<T>(), f, h.data<T>(), y.data<T>()); },
        [=](auto& stream) { simple_rnn_cuda(a.recurrence<T>(), f, h.data<T>(), y.data<T>(), stream); });
  });

  return record(
      "simple_rnn", {x, kernel, recurrent_kernel, a.bias, h0}, std::array{y, h},
      [=, y = detached(y)](std::span<const Tensor> dys, Needs needs) -> Gradients {
        const bool weights = needs[1] || needs[2] || needs[3];
        const int64_t rows = a.steps * a.batch, left_width = a.inputs + 1 + a.units;
        const Tensor dy = dys[0];
        const Tensor dh = moving_state(dys[1], a), dz = empty({rows, a.units}, dtype, device);
        const Tensor dx = needs[0] ? empty_like(x) : Tensor();
        const Tensor left = weights ? empty({rows, left_width}, dtype, device) : Tensor();
        visit_floating(dtype, "simple_rnn", [&]<class T>() {
          const auto run = [=](const auto& backward) {
            backward(a.recurrence<T>(), f, h0.data_or_null<T>(), y.data<T>(), dy.data_or_null<T>(),
                     dh.data<T>(), dz.data<T>(), dx.data_or_null<T>(), left.data_or_null<T>());
          };
          launch(
              device,
              [=]<Isa I>() { run([](const auto&... given) { simple_rnn_grad_cpu<I, T>(given...); }); },
              [=](auto& stream) {
                run([&](const auto&... given) { simple_rnn_grad_cuda<T>(given..., stream); });
              });
        });
        const WeightGradients found = weight_gradients(left, dz, kernel, a.bias, recurrent_kernel);
        return {dx, found.kernel, found.recurrent, found.bias, h0.defined() ? dh : Tensor()};
      });
}

}  // namespace afina
