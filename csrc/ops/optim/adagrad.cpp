#include "ops/optim/adagrad.h"

namespace afina {

template <Isa, class T>
void adagrad_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate, T inside, T outside);
template <class T>
void adagrad_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, T inside, T outside,
                  Stream& stream);

void adagrad_update(const Tensors& params, const Tensors& grads, const Tensors& accumulators, double lr,
                    double epsilon, double weight_decay, bool eps_inside_sqrt, bool decoupled) {
  check_not_negative("adagrad_update", {{"lr", lr}, {"epsilon", epsilon}, {"weight_decay", weight_decay}});
  check_lists("adagrad_update",
              {{"params", &params, true}, {"grads", &grads, false}, {"accumulators", &accumulators, true}});
  const double inside = eps_inside_sqrt ? epsilon : 0, outside = eps_inside_sqrt ? 0 : epsilon;
  update_lists(
      params, grads, {&accumulators},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        adagrad_cpu<I>(plan.tasks(), weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr),
                       static_cast<T>(inside), static_cast<T>(outside));
      },
      [&]<class T>(const auto& tensors, auto& stream) {
        adagrad_cuda(tensors, weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr),
                     static_cast<T>(inside), static_cast<T>(outside), stream);
      });
}

}  // namespace afina
