#include "bindings/bindings.h"
#include "bindings/casters.h"
#include "ops/index/gather.h"
#include "ops/view/slice.h"
#include "ops/view/to_device.h"
#include "ops/view/view.h"

namespace py = pybind11;

namespace afina {
namespace {

[[noreturn]] void unsupported(py::handle entry) {
  fail<DTypeError>("getitem", "cannot index with ", py::str(py::type::of(entry)).cast<std::string>(),
                   "; allowed: int, slice, None, ..., or one integer tensor or array for the first axis");
}

bool is_array(py::handle entry) {
  return py::isinstance<Tensor>(entry) || py::isinstance<py::array>(entry) || py::isinstance<py::list>(entry);
}

Tensor gather_rows(const Tensor& x, const py::object& index) {
  const auto rows = [&](const Tensor& indices) { return gather(x, to_device(indices, x.device()), 0); };
  if (py::isinstance<Tensor>(index)) return rows(index.cast<Tensor>());
  const py::object array = py::module_::import("numpy").attr("asarray")(index);
  return rows(py::module_::import("afina._C").attr("from_numpy")(array).cast<Tensor>());
}

// Python's basic indexing: a slice (a copy, with its gradient) and then the axes that ints drop and Nones
// add.
Tensor index(const Tensor& x, const py::object& key) {
  if (is_array(key)) return gather_rows(x, key);
  const py::tuple entries = py::isinstance<py::tuple>(key) ? key.cast<py::tuple>() : py::make_tuple(key);
  int named = 0;
  int ellipses = 0;
  for (const py::handle entry : entries) {
    if (entry.is(py::ellipsis()))
      ++ellipses;
    else if (!entry.is_none())
      ++named;
  }
  if (ellipses > 1) fail<ArgumentError>("getitem", "an index can have one '...' only");
  if (named > x.rank()) fail<IndexRangeError>("getitem", named, " indices for a tensor of shape ", x.shape());
  std::vector<int64_t> starts, stops, steps, sizes;
  int axis = 0;
  const auto whole = [&](int count) {
    for (int i = 0; i < count; ++i, ++axis) {
      starts.push_back(0);
      stops.push_back(x.shape()[axis]);
      steps.push_back(1);
      sizes.push_back(x.shape()[axis]);
    }
  };
  for (const py::handle entry : entries) {
    if (entry.is(py::ellipsis())) {
      whole(x.rank() - named);
    } else if (entry.is_none()) {
      sizes.push_back(1);
    } else if (py::isinstance<py::slice>(entry)) {
      const int64_t n = x.shape()[axis++];
      py::ssize_t start = 0, stop = 0, step = 0, count = 0;
      if (!entry.cast<py::slice>().compute(n, &start, &stop, &step, &count)) throw py::error_already_set();
      starts.push_back(start);
      stops.push_back(stop < 0 ? INT64_MIN : stop);
      steps.push_back(step);
      sizes.push_back(count);
    } else if (PyIndex_Check(entry.ptr()) && !py::isinstance<py::bool_>(entry)) {
      const int64_t n = x.shape()[axis];
      const int64_t wanted = py::reinterpret_steal<py::object>(PyNumber_Index(entry.ptr())).cast<int64_t>();
      if (wanted < -n || wanted >= n)
        fail<IndexRangeError>("getitem", "index ", wanted, " is outside axis ", axis, " of size ", n);
      starts.push_back(wanted < 0 ? wanted + n : wanted);
      stops.push_back(starts.back() + 1);
      steps.push_back(1);
      ++axis;
    } else {
      unsupported(entry);
    }
  }
  whole(x.rank() - axis);
  return reshape(slice(x, starts, stops, steps), Shape(sizes));
}

}  // namespace

void add_indexing(TensorClass& tensor) { tensor.def("__getitem__", &index); }

}  // namespace afina
