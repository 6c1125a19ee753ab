#include "ops/optim/sgd.h"

namespace afina {

template <Isa, class T>
void sgd_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate);
template <class T>
void sgd_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, Stream& stream);
template <Isa, class T>
void momentum_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T momentum, T intake, T by_velocity,
                  T by_gradient);
template <class T>
void momentum_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T momentum, T intake, T by_velocity,
                   T by_gradient, Stream& stream);

namespace {

// A momentum step is linear: v = momentum v + intake g, then p += by_velocity v + by_gradient g.  A style is
// three numbers.
struct MomentumStep {
  double intake, by_velocity, by_gradient;
};

MomentumStep momentum_step(const std::string& style, double lr, double m, bool nesterov) {
  if (style == "heavyball") return nesterov ? MomentumStep{-lr, m, -lr} : MomentumStep{-lr, 1, 0};
  if (style == "ema")
    return nesterov ? MomentumStep{1 - m, -lr * m, -lr * (1 - m)} : MomentumStep{1 - m, -lr, 0};
  if (style == "torch") return nesterov ? MomentumStep{1, -lr * m, -lr} : MomentumStep{1, -lr, 0};
  fail<ArgumentError>("sgd_update", "style must be \"heavyball\", \"ema\" or \"torch\", got \"", style, "\"");
}

}  // namespace

void sgd_update(const Tensors& params, const Tensors& grads, const Tensors& velocities, double lr,
                double momentum, bool nesterov, const std::string& style, double weight_decay,
                bool decoupled) {
  check_not_negative("sgd_update", {{"lr", lr}, {"weight_decay", weight_decay}});
  check_fraction("sgd_update", {{"momentum", momentum}});
  const MomentumStep step = momentum_step(style, lr, momentum, nesterov);

  if (velocities.empty()) {
    if (momentum != 0 && !params.empty())
      fail<ArgumentError>("sgd_update", "momentum ", momentum, " needs velocities, got an empty list");
    check_lists("sgd_update", {{"params", &params, true}, {"grads", &grads, false}});
    update_lists(
        params, grads, {},
        [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
          sgd_cpu<I>(plan.tasks(), weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr));
        },
        [&]<class T>(const auto& tensors, auto& stream) {
          sgd_cuda(tensors, weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr), stream);
        });
    return;
  }
  check_lists("sgd_update",
              {{"params", &params, true}, {"grads", &grads, false}, {"velocities", &velocities, true}});
  update_lists(
      params, grads, {&velocities},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        momentum_cpu<I>(plan.tasks(), weight_decay_of<T>(weight_decay, lr, decoupled),
                        static_cast<T>(momentum), static_cast<T>(step.intake),
                        static_cast<T>(step.by_velocity), static_cast<T>(step.by_gradient));
      },
      [&]<class T>(const auto& tensors, auto& stream) {
        momentum_cuda(tensors, weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(momentum),
                      static_cast<T>(step.intake), static_cast<T>(step.by_velocity),
                      static_cast<T>(step.by_gradient), stream);
      });
}

}  // namespace afina
