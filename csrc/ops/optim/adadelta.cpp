#include "ops/optim/adadelta.h"

namespace afina {

template <Isa, class T>
void adadelta_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate, T rho, T epsilon);
template <class T>
void adadelta_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, T rho, T epsilon,
                   Stream& stream);

void adadelta_update(const Tensors& params, const Tensors& grads, const Tensors& mean_squares,
                     const Tensors& mean_deltas, double lr, double rho, double epsilon, double weight_decay,
                     bool decoupled) {
  check_not_negative("adadelta_update", {{"lr", lr}, {"epsilon", epsilon}, {"weight_decay", weight_decay}});
  check_fraction("adadelta_update", {{"rho", rho}});
  check_lists("adadelta_update", {{"params", &params, true},
                                  {"grads", &grads, false},
                                  {"mean_squares", &mean_squares, true},
                                  {"mean_deltas", &mean_deltas, true}});
  update_lists(
      params, grads, {&mean_squares, &mean_deltas},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        adadelta_cpu<I>(plan.tasks(), weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr),
                        static_cast<T>(rho), static_cast<T>(epsilon));
      },
      [&]<class T>(const auto& tensors, auto& stream) {
        adadelta_cuda(tensors, weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr),
                      static_cast<T>(rho), static_cast<T>(epsilon), stream);
      });
}

}  // namespace afina
