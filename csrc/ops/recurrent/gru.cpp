#include "ops/recurrent/gru.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/recurrent/arguments.h"
#include "ops/recurrent/weight_gradients.h"

namespace afina {

template <Isa, class T>
void gru_cpu(const Recurrence<T>& r, CellActivations f, bool reset_after, T* h, T* y, T* gates, T* memory);
template <Isa, class T>
void gru_grad_cpu(const Recurrence<T>& r, CellActivations f, bool reset_after, const T* h0, const T* y,
                  const T* gates, const T* dy, T* dh, T* dz, T* dx, T* left, T* memory);
template <class T>
void gru_cuda(const Recurrence<T>& r, CellActivations f, bool reset_after, T* h, T* y, T* gates, T* memory,
              Stream& stream);
template <class T>
void gru_grad_cuda(const Recurrence<T>& r, CellActivations f, bool reset_after, const T* h0, const T* y,
                   const T* gates, const T* dy, T* dh, T* dz, T* dx, T* left, T* memory, Stream& stream);

std::array<Tensor, 2> gru(const Tensor& x, const Tensor& kernel, const Tensor& recurrent_kernel,
                          const std::optional<Tensor>& bias, const std::optional<Tensor>& initial_h,
                          const std::optional<Tensor>& mask, const std::optional<Tensor>& recurrent_scale,
                          bool go_backwards, const std::string& activation,
                          const std::string& recurrent_activation, bool reset_after) {
  const SequenceArguments a = checked_sequence("gru", x, kernel, recurrent_kernel, bias, mask,
                                               recurrent_scale, go_backwards, 3, reset_after ? 2 : 1);
  const Tensor h0 = checked_state("gru", "initial_h", initial_h, a);
  const CellActivations f{checked_gate_activation("gru", "activation", activation),
                          checked_gate_activation("gru", "recurrent_activation", recurrent_activation)};

  const DType dtype = x.dtype();
  const Device device = x.device();
  const int64_t rows = a.steps * a.batch, n = a.units, width = (reset_after ? 4 : 3) * n;
  Tensor y = empty({a.batch, a.steps, n}, dtype, device), h = moving_state(h0, a), gates;
  if (recording() && any_requires_grad(std::array{x, kernel, recurrent_kernel, a.bias, h0}))
    gates = empty({rows, width}, dtype, device);
  const Tensor memory = empty({a.batch, n}, dtype, device);
  visit_floating(dtype, "gru", [&]<class T>() {
    const auto run = [=](const auto& walk) {
      walk(a.recurrence<T>(), f, reset_after, h.data<T>(), y.data<T>(), gates.data_or_null<T>(),
           memory.data<T>());
    };
    launch(
        device, [=]<Isa I>() { run([](const auto&... given) { gru_cpu<I, T>(given...); }); },
        [=](auto& stream) { run([&](const auto&... given) { gru_cuda<T>(given..., stream); }); });
  });

  return record(
      "gru", {x, kernel, recurrent_kernel, a.bias, h0}, std::array{y, h},
      [=, y = detached(y)](std::span<const Tensor> dys, Needs needs) -> Gradients {
        const bool weights = needs[1] || needs[2] || needs[3];
        const int64_t left_width = a.inputs + 1 + (reset_after ? 1 : 2) * n;
        const Tensor dy = dys[0];
        const Tensor dh = moving_state(dys[1], a), sums = empty({a.batch, n}, dtype, device);
        const Tensor dz = empty({rows, width}, dtype, device), dx = needs[0] ? empty_like(x) : Tensor();
        const Tensor left = weights ? empty({rows, left_width}, dtype, device) : Tensor();
        visit_floating(dtype, "gru", [&]<class T>() {
          const auto run = [=](const auto& walk) {
            walk(a.recurrence<T>(), f, reset_after, h0.data_or_null<T>(), y.data<T>(), gates.data<T>(),
                 dy.data_or_null<T>(), dh.data<T>(), dz.data<T>(), dx.data_or_null<T>(),
                 left.data_or_null<T>(), sums.data<T>());
          };
          launch(
              device, [=]<Isa I>() { run([](const auto&... given) { gru_grad_cpu<I, T>(given...); }); },
              [=](auto& stream) { run([&](const auto&... given) { gru_grad_cuda<T>(given..., stream); }); });
        });
        Gradients grads{dx, {}, {}, {}, h0.defined() ? dh : Tensor()};
        if (!weights) return grads;
        // Rows of the sum: the kernel, its bias, with reset_after the recurrent bias, the recurrent kernel.
        // With reset_after the state met z, r and q, columns 0, 1 and 3 of dz; without, r h met the
        // candidate.
        const int64_t biases = reset_after ? 2 : 1, below = a.inputs + 1, ones = reset_after ? 1 : 0;
        Tensor sum = empty({a.inputs + biases + n, 3 * n}, dtype, device);
        add_weight_product(left, dz, {0, a.inputs + 1, 0, 3 * n, 0, 0}, sum);
        add_weight_product(left, dz, {below - ones, n + ones, 0, 2 * n, below, 0}, sum);
        if (reset_after)
          add_weight_product(left, dz, {a.inputs, n + 1, 3 * n, n, below, 2 * n}, sum);
        else
          add_weight_product(left, dz, {below + n, n, 2 * n, n, below, 2 * n}, sum);
        grads[1] = rows_of(sum, 0, kernel.shape());
        grads[2] = rows_of(sum, a.inputs + biases, recurrent_kernel.shape());
        if (a.bias.defined()) grads[3] = rows_of(sum, a.inputs, a.bias.shape());
        return grads;
      });
}

}  // namespace afina
