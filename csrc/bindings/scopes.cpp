#include <string>
#include <utility>
#include <vector>

#include "bindings/bindings.h"
#include "core/device.h"
#include "core/error.h"
#include "core/matmul_precision.h"
#include "core/node.h"

// What `with` statements switch.  Python looks for signals only between its own instructions: a scope that is
// entered and left in one call each cannot be caught half entered, or half left, by Ctrl-C.
namespace afina {

namespace py = pybind11;
using namespace pybind11::literals;

namespace {

// A thread's setting that is another one inside the scope; the same object may be entered again inside
// itself.
template <typename Setting>
class Scope {
 public:
  explicit Scope(Setting setting) : setting_(std::move(setting)) {}

  void enter() { before_.push_back(setting_.replace()); }

  void leave() {
    if (before_.empty())
      throw ArgumentError(std::string(Setting::name) + ": left without having been entered");
    setting_.restore(before_.back());
    before_.pop_back();
  }

 private:
  Setting setting_;
  std::vector<typename Setting::Value> before_;
};

struct WithoutRecord {
  using Value = bool;
  static constexpr const char* name = "no_grad";
  Value replace() const {
    const bool before = recording();
    set_recording(false);
    return before;
  }
  static void restore(Value before) { set_recording(before); }
};

struct OnDevice {
  using Value = Device;
  static constexpr const char* name = "device";
  std::string wanted;
  Value replace() const {
    const Device before = current_device();
    set_current_device(device_named(name, wanted));
    return before;
  }
  static void restore(Value before) { set_current_device(before); }
};

struct MultipliesAs {
  using Value = std::optional<MatmulPrecision>;
  static constexpr const char* name = "MatmulPrecision";
  MatmulPrecision wanted;
  Value replace() const {
    const Value before = own_matmul_precision();
    set_own_matmul_precision(wanted);
    return before;
  }
  static void restore(Value before) { set_own_matmul_precision(before); }
};

template <typename Setting>
py::class_<Scope<Setting>> add_scope(py::module_& module, const char* name, const char* doc) {
  return py::class_<Scope<Setting>>(module, name, doc)
      .def("__enter__", &Scope<Setting>::enter)
      .def("__exit__", [](Scope<Setting>& scope, const py::args&) { scope.leave(); });
}

}  // namespace

void add_scopes(py::module_& module) {
  add_scope<WithoutRecord>(module, "RecordingOff", "Inside, this thread records no results; see no_grad.")
      .def(py::init([] { return Scope(WithoutRecord{}); }));
  add_scope<OnDevice>(module, "OnDevice",
                      "Inside, this thread makes tensors on the named device; see device.")
      .def(py::init([](std::string name) { return Scope(OnDevice{std::move(name)}); }), "name"_a);
  add_scope<MultipliesAs>(module, "MatmulPrecision",
                          "Inside, this thread multiplies float32 as precisely as named, whatever "
                          "set_float32_matmul_precision says, and so do the gradients of what it computed.")
      .def(py::init([](const std::string& precision) {
             return Scope(MultipliesAs{precision_named(MultipliesAs::name, precision)});
           }),
           "precision"_a);
}

}  // namespace afina
