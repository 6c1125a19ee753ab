#include "ops/recurrent/lstm.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/recurrent/arguments.h"
#include "ops/recurrent/weight_gradients.h"

namespace afina {

template <Isa, class T>
void lstm_cpu(const Recurrence<T>& r, CellActivations f, T* h, T* c, T* y, T* gates, T* cells);
template <Isa, class T>
void lstm_grad_cpu(const Recurrence<T>& r, CellActivations f, const T* h0, const T* c0, const T* y,
                   const T* gates, const T* cells, const T* dy, T* dh, T* dc, T* dz, T* dx, T* left);
template <class T>
void lstm_cuda(const Recurrence<T>& r, CellActivations f, T* h, T* c, T* y, T* gates, T* cells,
               Stream& stream);
template <class T>
void lstm_grad_cuda(const Recurrence<T>& r, CellActivations f, const T* h0, const T* c0, const T* y,
                    const T* gates, const T* cells, const T* dy, T* dh, T* dc, T* dz, T* dx, T* left,
                    Stream& stream);

std::array<Tensor, 3> lstm(const Tensor& x, const Tensor& kernel, const Tensor& recurrent_kernel,
                           const std::optional<Tensor>& bias, const std::optional<Tensor>& initial_h,
                           const std::optional<Tensor>& initial_c, const std::optional<Tensor>& mask,
                           const std::optional<Tensor>& recurrent_scale, bool go_backwards,
                           const std::string& activation, const std::string& recurrent_activation) {
  const SequenceArguments a =
      checked_sequence("lstm", x, kernel, recurrent_kernel, bias, mask, recurrent_scale, go_backwards, 4);
  const Tensor h0 = checked_state("lstm", "initial_h", initial_h, a);
  const Tensor c0 = checked_state("lstm", "initial_c", initial_c, a);
  const CellActivations f{checked_gate_activation("lstm", "activation", activation),
                          checked_gate_activation("lstm", "recurrent_activation", recurrent_activation)};

  const DType dtype = x.dtype();
  const Device device = x.device();
  const int64_t rows = a.steps * a.batch, width = 4 * a.units;
  Tensor y = empty({a.batch, a.steps, a.units}, dtype, device);
  Tensor h = moving_state(h0, a), c = moving_state(c0, a), gates, cells;
  if (recording() && any_requires_grad(std::array{x, kernel, recurrent_kernel, a.bias, h0, c0})) {
    gates = empty({rows, width}, dtype, device);
    cells = empty({rows, a.units}, dtype, device);
  }
  visit_floating(dtype, "lstm", [&]<class T>() {
    const auto run = [=](const auto& walk) {
      walk(a.recurrence<T>(), f, h.data<T>(), c.data<T>(), y.data<T>(), gates.data_or_null<T>(),
           cells.data_or_null<T>());
    };
    launch(
        device, [=]<Isa I>() { run([](const auto&... given) { lstm_cpu<I, T>(given...); }); },
        [=](auto& stream) { run([&](const auto&... given) { lstm_cuda<T>(given..., stream); }); });
  });

  return record(
      "lstm", {x, kernel, recurrent_kernel, a.bias, h0, c0}, std::array{y, h, c},
      [=, y = detached(y)](std::span<const Tensor> dys, Needs needs) -> Gradients {
        const bool weights = needs[1] || needs[2] || needs[3];
        const Tensor dy = dys[0];
        Tensor dh = moving_state(dys[1], a), dc = moving_state(dys[2], a);
        const Tensor dz = empty({rows, width}, dtype, device), dx = needs[0] ? empty_like(x) : Tensor();
        const Tensor left = weights ? empty({rows, a.inputs + 1 + a.units}, dtype, device) : Tensor();
        visit_floating(dtype, "lstm", [&]<class T>() {
          const auto run = [=](const auto& walk) {
            walk(a.recurrence<T>(), f, h0.data_or_null<T>(), c0.data_or_null<T>(), y.data<T>(),
                 gates.data<T>(), cells.data<T>(), dy.data_or_null<T>(), dh.data<T>(), dc.data<T>(),
                 dz.data<T>(), dx.data_or_null<T>(), left.data_or_null<T>());
          };
          launch(
              device, [=]<Isa I>() { run([](const auto&... given) { lstm_grad_cpu<I, T>(given...); }); },
              [=](auto& stream) { run([&](const auto&... given) { lstm_grad_cuda<T>(given..., stream); }); });
        });
        const WeightGradients found = weight_gradients(left, dz, kernel, a.bias, recurrent_kernel);
        return {dx,
                found.kernel,
                found.recurrent,
                found.bias,
                h0.defined() ? dh : Tensor(),
                c0.defined() ? dc : Tensor()};
      });
}

}  // namespace afina
