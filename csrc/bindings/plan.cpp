#include "plan/plan.h"

#include <pybind11/typing.h>

#include <optional>

#include "bindings/bindings.h"
#include "bindings/casters.h"

namespace py = pybind11;
using py::operator""_a;

namespace afina {
namespace {

using Function = py::typing::Callable<void()>;

// Below this much memory a step is shorter than giving up Python's lock is worth.
constexpr size_t kBytesWorthReleasing = size_t{1} << 19;

// A function of Python's in the midst of a step.
class PythonCall final : public Work {
 public:
  explicit PythonCall(Function function) : function_(std::move(function)) {}
  ~PythonCall() override {
    if (!Py_IsInitialized()) {
      function_.release();
      return;
    }
    const py::gil_scoped_acquire lock;
    function_ = Function();
  }
  void run() override {
    const py::gil_scoped_acquire lock;
    function_();
  }

 private:
  Function function_;
};

void call_each_time(const Function& function) {
  Capture* const capture = current_capture;
  {
    const CapturePause pause;
    function();
  }
  if (capture != nullptr) capture->add(std::make_unique<PythonCall>(function), {});
}

bool run(Plan& plan, const std::vector<Tensor>& inputs) {
  if (plan.traffic() < kBytesWorthReleasing) return plan.run(inputs);
  const py::gil_scoped_release released;
  return plan.run(inputs);
}

}  // namespace

void add_plan(py::module_& module) {
  py::class_<Arena, std::shared_ptr<Arena>>(module, "Arena",
                                            "Memory that the plans of one step take turns in.")
      .def(py::init<>())
      .def("release", &Arena::release, "Gives the memory back until a plan runs again.")
      .def_property_readonly("bytes", &Arena::bytes, "Its size now.");
  py::class_<Plan>(module, "Plan",
                   "A step that ran once, as a list of work that can be done again on other inputs.")
      .def(py::init<std::shared_ptr<Arena>>(), "arena"_a)
      .def("begin", &Plan::begin,
           "Captures what this thread does from now on; returns stand-ins for `inputs`.", "inputs"_a)
      .def(
          "end",
          [](Plan& plan) -> std::optional<std::string> {
            const std::string why = plan.end();
            return why.empty() ? std::nullopt : std::optional(why);
          },
          "Ends the capture; the reason when the step cannot be repeated, else None.")
      .def("abandon", &Plan::abandon, "Ends the capture of a step that failed.")
      .def("run", &run,
           "Does it all again with other inputs; False, and nothing done, when their shapes are others or a "
           "tensor has moved to another device since.",
           "inputs"_a)
      .def("__len__", &Plan::steps)
      .def_property_readonly(
          "graphs",
          [](const Plan& plan) -> std::optional<std::string> {
            const std::string how = plan.graphs();
            return how.empty() ? std::nullopt : std::optional(how);
          },
          "On a CUDA device: as how many graphs it is launched, or why not as graphs; else None.")
      .def_property_readonly("arena_bytes", &Plan::arena_bytes, "What it needs of the arena.");
  module.def("call_each_time", &call_each_time,
             "Calls `function`, outside the capture that may be on; a repetition calls it again.",
             "function"_a);
  module.def("capturing", [] { return current_capture != nullptr; }, "Is a step captured on this thread?");
  module.def(
      "refuse_capture", [](const std::string& why) { refuse_capture(why); },
      "Says that the step being captured, if any, cannot be repeated, and why.", "why"_a);
}

}  // namespace afina
