#include "ops/optim/adam.h"

#include <cmath>

namespace afina {

template <Isa, class T>
void adam_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T beta_1, T beta_2, T rate, T root_scale, T epsilon);
template <class T>
void adam_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T beta_1, T beta_2, T rate, T root_scale,
               T epsilon, Stream& stream);
template <Isa, class T>
void amsgrad_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T beta_1, T beta_2, T rate, T root_scale,
                 T epsilon);
template <class T>
void amsgrad_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T beta_1, T beta_2, T rate,
                  T root_scale, T epsilon, Stream& stream);

void adam_update(const Tensors& params, const Tensors& grads, const Tensors& ms, const Tensors& vs, double lr,
                 double beta_1, double beta_2, double epsilon, int64_t step, double weight_decay,
                 bool decoupled, const Tensors& amsgrad_vs) {
  check_not_negative("adam_update", {{"lr", lr}, {"epsilon", epsilon}, {"weight_decay", weight_decay}});
  check_fraction("adam_update", {{"beta_1", beta_1}, {"beta_2", beta_2}});
  if (step < 1) fail<ArgumentError>("adam_update", "step counts from 1, got ", step);
  const bool amsgrad = !amsgrad_vs.empty();
  if (amsgrad)
    check_lists("adam_update", {{"params", &params, true},
                                {"grads", &grads, false},
                                {"ms", &ms, true},
                                {"vs", &vs, true},
                                {"amsgrad_vs", &amsgrad_vs, true}});
  else
    check_lists("adam_update",
                {{"params", &params, true}, {"grads", &grads, false}, {"ms", &ms, true}, {"vs", &vs, true}});

  // The bias corrections are two numbers a step, taken in double: 1 - b2^step loses digits in float32.
  const double rate = lr / (1 - std::pow(beta_1, static_cast<double>(step)));
  const double root_scale = 1 / std::sqrt(1 - std::pow(beta_2, static_cast<double>(step)));
  update_lists(
      params, grads, {&ms, &vs, &amsgrad_vs},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        const auto decay = weight_decay_of<T>(weight_decay, lr, decoupled);
        const T b1 = static_cast<T>(beta_1), b2 = static_cast<T>(beta_2), eps = static_cast<T>(epsilon);
        if (amsgrad)
          amsgrad_cpu<I>(plan.tasks(), decay, b1, b2, static_cast<T>(rate), static_cast<T>(root_scale), eps);
        else
          adam_cpu<I>(plan.tasks(), decay, b1, b2, static_cast<T>(rate), static_cast<T>(root_scale), eps);
      },
      [&]<class T>(const auto& tensors, auto& stream) {
        const auto decay = weight_decay_of<T>(weight_decay, lr, decoupled);
        const T b1 = static_cast<T>(beta_1), b2 = static_cast<T>(beta_2), eps = static_cast<T>(epsilon);
        if (amsgrad)
          amsgrad_cuda(tensors, decay, b1, b2, static_cast<T>(rate), static_cast<T>(root_scale), eps, stream);
        else
          adam_cuda(tensors, decay, b1, b2, static_cast<T>(rate), static_cast<T>(root_scale), eps, stream);
      });
}

}  // namespace afina
