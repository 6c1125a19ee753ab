#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/casters.h"
#include "bindings/operand.h"
#include "core/tensor.h"

// THE TABLE: one row per op, one file per family in bindings/op_table/.  A row binds the function and appends
// its name, doc and differentiability to _C.OPS, which the tests, the stubs and the docs read.
namespace afina {

enum class Gradient { yes, no };
inline constexpr Gradient has_grad = Gradient::yes;
inline constexpr Gradient no_grad = Gradient::no;

namespace py = pybind11;
using py::operator""_a;

// Python's other threads run while a kernel does; for small tensors giving up the lock costs more than it
// brings.
inline constexpr int64_t kElementsWorthReleasing = 1 << 14;

inline int64_t elements(const Tensor& x) { return x.defined() ? x.size() : 0; }
inline int64_t elements(const std::optional<Tensor>& x) { return x ? elements(*x) : 0; }
inline int64_t elements(const std::vector<Tensor>& list) {
  int64_t sum = 0;
  for (const Tensor& x : list) sum += elements(x);
  return sum;
}
inline int64_t elements(const Shape& shape) { return shape.size(); }
template <class Other>
int64_t elements(const Other&) {
  return 0;
}

// The device all tensors among an op's arguments share; DeviceError when they do not.
class OneDevice {
 public:
  explicit OneDevice(const char* op) : op_(op) {}
  void add(const Tensor& x) {
    if (!x.defined()) return;
    if (found_ && *found_ != x.device())
      fail<DeviceError>(op_, "tensors are on ", *found_, " and ", x.device(), "; move one with .to(\"",
                        *found_, "\")");
    found_ = x.device();
  }
  void add(const std::optional<Tensor>& x) {
    if (x) add(*x);
  }
  void add(const Operand& x) { add(x.tensor); }
  void add(const std::vector<Tensor>& list) {
    for (const Tensor& x : list) add(x);
  }
  template <class Other>
  void add(const Other&) {}

 private:
  const char* op_;
  std::optional<Device> found_;
};

// The function as it is bound: with Python's lock while the tensors are small, without it when they are
// large; its errors lead with the name it was called by.  Here, once for all ops, tensors of different
// devices are refused.
template <class R, class... Args>
auto unlocked_when_large(R (*function)(Args...), const char* name) {
  return [function, name](Args... args) -> R {
    try {
      if constexpr (kHasCuda) {
        OneDevice device(name);
        (device.add(args), ...);
      }
      if ((elements(args) + ... + int64_t{0}) < kElementsWorthReleasing)
        return function(std::forward<Args>(args)...);
      const py::gil_scoped_release released;
      return function(std::forward<Args>(args)...);
    } catch (Error& error) {
      error.lead_with(name);
      throw;
    }
  };
}

// Arguments that hold whole numbers take no others: pybind11 would cut a NumPy scalar of 1.5 down to 1.
template <class T>
struct HoldsWhole : std::bool_constant<std::is_same_v<T, int64_t> || std::is_same_v<T, int>> {};
template <class T>
struct HoldsWhole<std::optional<T>> : HoldsWhole<T> {};
template <class T>
struct HoldsWhole<std::vector<T>> : HoldsWhole<T> {};
template <class... Ts>
struct HoldsWhole<std::variant<Ts...>> : std::disjunction<HoldsWhole<Ts>...> {};
template <class... Ts>
struct HoldsWhole<std::pair<Ts...>> : std::disjunction<HoldsWhole<Ts>...> {};

template <class T, class Arg>
Arg strict(Arg argument) {
  if constexpr (HoldsWhole<std::decay_t<T>>::value) argument.noconvert();
  return argument;
}

class OpTable {
 public:
  OpTable(py::module_ ops, py::list rows) : ops_(std::move(ops)), rows_(std::move(rows)) {}

  template <class R, class... Args, class... Extra>
  void op(const char* name, R (*function)(Args...), Gradient gradient, const char* doc,
          const Extra&... extra) {
    bind(name, unlocked_when_large(function, name), gradient, doc, strict<Args>(extra)...);
  }

 private:
  template <class F, class... Extra>
  void bind(const char* name, F&& function, Gradient gradient, const char* doc, const Extra&... extra) {
    ops_.def(name, std::forward<F>(function), doc, extra...);
    py::dict row;
    row["name"] = name;
    row["doc"] = doc;
    row["differentiable"] = gradient == Gradient::yes;
    rows_.append(row);
  }

  py::module_ ops_;
  py::list rows_;
};

void add_elementwise_ops(OpTable& t);
void add_reduce_ops(OpTable& t);
void add_view_ops(OpTable& t);
void add_index_ops(OpTable& t);
void add_linear_ops(OpTable& t);
void add_conv_ops(OpTable& t);
void add_norm_ops(OpTable& t);
void add_loss_ops(OpTable& t);
void add_optim_ops(OpTable& t);
void add_random_ops(OpTable& t);
void add_pool_ops(OpTable& t);
void add_attention_ops(OpTable& t);
void add_recurrent_ops(OpTable& t);
void add_image_ops(OpTable& t);

}  // namespace afina
