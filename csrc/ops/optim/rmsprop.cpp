#include "ops/optim/rmsprop.h"

namespace afina {

template <Isa, bool kCentered, bool kMomentum, class T>
void rmsprop_cpu(UpdateTasks<T> work, WeightDecay<T> decay, T rate, T rho, T momentum, T inside, T outside);
template <bool kCentered, bool kMomentum, class T>
void rmsprop_cuda(const UpdateTensors<T>& work, WeightDecay<T> decay, T rate, T rho, T momentum, T inside,
                  T outside, Stream& stream);

namespace {

// f.operator()<centered, momentum>(), so that the loops over elements decide nothing.
template <class F>
void visit(bool centered, bool momentum, const F& f) {
  if (centered && momentum)
    f.template operator()<true, true>();
  else if (centered)
    f.template operator()<true, false>();
  else if (momentum)
    f.template operator()<false, true>();
  else
    f.template operator()<false, false>();
}

}  // namespace

void rmsprop_update(const Tensors& params, const Tensors& grads, const Tensors& mean_squares,
                    const Tensors& mean_grads, const Tensors& momenta, double lr, double rho, double momentum,
                    double epsilon, bool centered, bool eps_inside_sqrt, double weight_decay,
                    bool decoupled) {
  check_not_negative("rmsprop_update", {{"lr", lr}, {"epsilon", epsilon}, {"weight_decay", weight_decay}});
  check_fraction("rmsprop_update", {{"rho", rho}, {"momentum", momentum}});
  if (centered && mean_grads.empty() && !params.empty())
    fail<ArgumentError>("rmsprop_update", "centered needs mean_grads, got an empty list");
  if (momentum > 0 && momenta.empty() && !params.empty())
    fail<ArgumentError>("rmsprop_update", "momentum ", momentum, " needs momenta, got an empty list");
  const bool remembers = momentum > 0;
  const UpdateList p{"params", &params, true}, g{"grads", &grads, false},
      s{"mean_squares", &mean_squares, true}, a{"mean_grads", &mean_grads, true},
      b{"momenta", &momenta, true};
  if (centered && remembers)
    check_lists("rmsprop_update", {p, g, s, a, b});
  else if (centered)
    check_lists("rmsprop_update", {p, g, s, a});
  else if (remembers)
    check_lists("rmsprop_update", {p, g, s, b});
  else
    check_lists("rmsprop_update", {p, g, s});

  // Slots in the kernel's order: mean square, then mean gradient and momentum, those in use.  A list that is
  // not in use was not checked and must not be read.
  const Tensors none;
  const Tensors& second = centered ? mean_grads : (remembers ? momenta : none);
  const Tensors& third = centered && remembers ? momenta : none;
  const double inside = eps_inside_sqrt ? epsilon : 0, outside = eps_inside_sqrt ? 0 : epsilon;
  update_lists(
      params, grads, {&mean_squares, &second, &third},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        visit(centered, remembers, [&]<bool kCentered, bool kMomentum>() {
          rmsprop_cpu<I, kCentered, kMomentum>(
              plan.tasks(), weight_decay_of<T>(weight_decay, lr, decoupled), static_cast<T>(lr),
              static_cast<T>(rho), static_cast<T>(momentum), static_cast<T>(inside), static_cast<T>(outside));
        });
      },
      [&]<class T>(const auto& tensors, auto& stream) {
        visit(centered, remembers, [&]<bool kCentered, bool kMomentum>() {
          rmsprop_cuda<kCentered, kMomentum>(tensors, weight_decay_of<T>(weight_decay, lr, decoupled),
                                             static_cast<T>(lr), static_cast<T>(rho),
                                             static_cast<T>(momentum), static_cast<T>(inside),
                                             static_cast<T>(outside), stream);
        });
      });
}

}  // namespace afina
