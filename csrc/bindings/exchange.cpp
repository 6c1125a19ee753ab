#include <bit>
#include <memory>
#include <optional>
#include <string>

#include "bindings/bindings.h"
#include "bindings/casters.h"
#include "bindings/dlpack.h"
#include "core/capture.h"
#include "cuda/upload.h"

namespace py = pybind11;
using py::operator""_a;

namespace afina {
namespace {

using DeviceName = std::optional<std::string>;

py::dtype numpy_dtype(DType dtype) { return py::dtype(dtype_name(dtype)); }

std::optional<DType> dtype_of_numpy(const py::dtype& dtype) {
  const char order = dtype.byteorder(), native = std::endian::native == std::endian::little ? '<' : '>';
  if (order != '=' && order != '|' && order != native) return std::nullopt;
  const auto sized = [&](py::ssize_t bytes, DType ours) {
    return dtype.itemsize() == bytes ? std::optional(ours) : std::nullopt;
  };
  switch (dtype.kind()) {
    case 'b': return sized(1, DType::boolean);
    case 'u': return sized(1, DType::uint8);
    case 'i': return dtype.itemsize() == 4 ? DType::int32 : sized(8, DType::int64);
    case 'f': return dtype.itemsize() == 4 ? DType::float32 : sized(8, DType::float64);
    default: return std::nullopt;
  }
}

// A tensor over memory that `owner` keeps alive; the lock is taken to let go of it, whichever thread that
// happens on.
Tensor borrowed(void* data, const Shape& shape, DType dtype, bool writable, py::object owner) {
  StoragePtr storage(new Storage);
  storage->data = data;
  storage->bytes = static_cast<size_t>(shape.size()) * size_of(dtype);
  storage->writable = writable;
  PyObject* const kept = owner.release().ptr();
  storage->release = [kept] {
    if (!Py_IsInitialized()) return;
    const py::gil_scoped_acquire lock;
    Py_DECREF(kept);
  };
  return Tensor(std::move(storage), 0, shape, dtype);
}

Shape shape_of(const py::array& array) {
  std::vector<int64_t> sizes(array.shape(), array.shape() + array.ndim());
  return Shape(sizes);
}

// Zero-copy where NumPy's memory is contiguous, aligned and in native byte order, else a copy.
Tensor from_numpy(py::array array) {
  const std::optional<DType> dtype = dtype_of_numpy(array.dtype());
  if (!dtype)
    fail<DTypeError>(
        "from_numpy", "dtype ", py::str(array.dtype()).cast<std::string>(),
        " has no counterpart; allowed: bool, uint8, int32, int64, float32, float64 in native byte order");
  const bool usable = (array.flags() & py::array::c_style) != 0 &&
                      reinterpret_cast<uintptr_t>(array.data()) % size_of(*dtype) == 0;
  if (!usable) array = py::module_::import("numpy").attr("array")(array, "order"_a = "C", "copy"_a = true);
  const bool writable = array.writeable();
  void* const data = const_cast<void*>(array.data());
  const Shape shape = shape_of(array);
  return borrowed(data, shape, *dtype, writable, std::move(array));
}

// Over the tensor's own memory; of a tensor on a device, over a copy.
py::array to_numpy(const Tensor& x) {
  refuse_capture("numpy() reads the values");
  if (!x.device().is_cpu()) return to_numpy(copied(x, Device{}));
  std::vector<py::ssize_t> sizes(x.shape().begin(), x.shape().end());
  const py::capsule owner(new Tensor(detached(x)), [](void* kept) { delete static_cast<Tensor*>(kept); });
  py::array array(numpy_dtype(x.dtype()), sizes, x.raw(), owner);
  if (!x.storage()->writable) array.attr("setflags")("write"_a = false);
  return array;
}

DLDataType dlpack_dtype(DType dtype) {
  const auto bits = static_cast<uint8_t>(size_of(dtype) * 8);
  switch (dtype) {
    case DType::boolean: return {kDLBool, bits, 1};
    case DType::uint8: return {kDLUInt, bits, 1};
    case DType::int32:
    case DType::int64: return {kDLInt, bits, 1};
    default: return {kDLFloat, bits, 1};
  }
}

std::optional<DType> dtype_of_dlpack(DLDataType dtype) {
  for (const DType ours : kDTypes) {
    const DLDataType theirs = dlpack_dtype(ours);
    if (theirs.code == dtype.code && theirs.bits == dtype.bits && dtype.lanes == 1) return ours;
  }
  return std::nullopt;
}

// What a DLPack consumer holds on to: the tensor and the sizes the struct points at.
struct Exported {
  Tensor tensor;
  std::vector<int64_t> sizes, strides;
  DLManagedTensor managed{};
};

constexpr const char* kDLPackName = "dltensor";

py::capsule to_dlpack(const Tensor& x) {
  refuse_capture("__dlpack__() hands out the memory");
  if (!x.device().is_cpu())
    fail<DeviceError>("__dlpack__", "only CPU memory is handed out, this tensor is on ", x.device(),
                      "; use to(\"cpu\")");
  auto exported = std::make_unique<Exported>();
  exported->tensor = detached(x);
  exported->sizes.assign(x.shape().begin(), x.shape().end());
  exported->strides.resize(exported->sizes.size());
  int64_t step = 1;
  for (size_t axis = exported->sizes.size(); axis-- > 0; step *= exported->sizes[axis])
    exported->strides[axis] = step;
  DLManagedTensor& managed = exported->managed;
  managed.dl_tensor = {x.raw(),
                       {kDLCPU, 0},
                       x.rank(),
                       dlpack_dtype(x.dtype()),
                       exported->sizes.data(),
                       exported->strides.data(),
                       0};
  managed.manager_ctx = exported.get();
  managed.deleter = [](DLManagedTensor* self) { delete static_cast<Exported*>(self->manager_ctx); };
  PyObject* const capsule = PyCapsule_New(&exported.release()->managed, kDLPackName, [](PyObject* self) {
    if (!PyCapsule_IsValid(self, kDLPackName)) return;  // a consumer has renamed it and owns the tensor now
    auto* const managed_tensor = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(self, kDLPackName));
    managed_tensor->deleter(managed_tensor);
  });
  return py::reinterpret_steal<py::capsule>(capsule);
}

Tensor from_dlpack(const py::object& source) {
  if (!py::hasattr(source, "__dlpack__"))
    fail<DTypeError>("from_dlpack", "the object has no __dlpack__ method");
  const auto device = source.attr("__dlpack_device__")().cast<std::pair<int, int>>();
  if (device.first != kDLCPU)
    fail<DeviceError>("from_dlpack", "only CPU memory is understood, got device type ", device.first);
  const py::object capsule = source.attr("__dlpack__")();
  if (!PyCapsule_IsValid(capsule.ptr(), kDLPackName))
    fail<ArgumentError>("from_dlpack", "__dlpack__ returned no fresh 'dltensor' capsule");
  auto* const managed = static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule.ptr(), kDLPackName));
  const DLTensor& theirs = managed->dl_tensor;
  const std::optional<DType> dtype = dtype_of_dlpack(theirs.dtype);
  if (!dtype)
    fail<DTypeError>("from_dlpack", "type code ", int{theirs.dtype.code}, " of ", int{theirs.dtype.bits},
                     " bits is not supported");
  const Shape shape(std::span<const int64_t>(theirs.shape, static_cast<size_t>(theirs.ndim)));
  int64_t step = 1;
  for (int axis = theirs.ndim - 1; axis >= 0; --axis) {
    if (theirs.strides != nullptr && shape[axis] > 1 && theirs.strides[axis] != step) {
      // Strided memory: NumPy knows how to copy it.
      return from_numpy(
          py::module_::import("numpy").attr("from_dlpack")(source).attr("copy")().cast<py::array>());
    }
    step *= shape[axis];
  }
  PyCapsule_SetName(capsule.ptr(), "used_dltensor");
  StoragePtr storage(new Storage);
  storage->data = static_cast<char*>(theirs.data) + theirs.byte_offset;
  storage->bytes = static_cast<size_t>(shape.size()) * size_of(*dtype);
  storage->release = [managed] {
    if (managed->deleter == nullptr || !Py_IsInitialized()) return;
    const py::gil_scoped_acquire lock;
    managed->deleter(managed);
  };
  return Tensor(std::move(storage), 0, shape, *dtype);
}

}  // namespace

std::optional<DType> dtype_from_python(py::handle source) {
  try {
    return dtype_of_numpy(py::module_::import("numpy").attr("dtype")(source));
  } catch (const py::error_already_set&) {
    return std::nullopt;  // a name that NumPy does not know
  }
}

void add_exchange(py::module_& module, TensorClass& tensor) {
  tensor
      .def("numpy", &to_numpy,
           "The values as a NumPy array: over the same memory on the CPU, a copy from another device.")
      .def(
          "tolist", [](const Tensor& x) { return to_numpy(x).attr("tolist")(); },
          "The values as nested Python lists.")
      .def(
          "__array__",
          [](const Tensor& x, const py::object& dtype, const py::object& copy) -> py::object {
            py::object array = to_numpy(x);
            if (!dtype.is_none()) array = array.attr("astype")(dtype, "copy"_a = false);
            if (!copy.is_none() && copy.cast<bool>()) array = array.attr("copy")();
            return array;
          },
          "dtype"_a = py::none(), "copy"_a = py::none())
      .def(
          "__dlpack__", [](const Tensor& x, const py::object&, const py::kwargs&) { return to_dlpack(x); },
          "stream"_a = py::none())
      .def("__dlpack_device__", [](const Tensor&) { return std::pair(static_cast<int>(kDLCPU), 0); });
  py::class_<Upload>(module, "Upload",
                     "A copy of a tensor to a device that runs beside what the device is doing.")
      .def(py::init([](const Tensor& x, const std::string& device) {
             const Device target = device_named("Upload", device);
             const py::gil_scoped_release released;
             return std::make_unique<Upload>(x, target);
           }),
           "x"_a, "device"_a)
      .def("take", &Upload::take,
           "The copy: the device's work from here on waits for it, the host does not.");
  module.def("from_numpy", &from_numpy,
             "A tensor over the array's own memory (a copy where that is not contiguous and aligned).",
             "array"_a);
  module.def("from_dlpack", &from_dlpack, "A tensor over the memory of any object with __dlpack__.",
             "source"_a);
  module.def(
      "empty",
      [](const Shape& shape, DType dtype, const DeviceName& device) {
        return empty(shape, dtype, device_or_current("empty", device));
      },
      "A tensor of undefined contents.", "shape"_a, "dtype"_a = "float32", "device"_a = py::none());
  module.def(
      "zeros",
      [](const Shape& shape, DType dtype, const DeviceName& device) {
        return zeros(shape, dtype, device_or_current("zeros", device));
      },
      "A tensor of zeros.", "shape"_a, "dtype"_a = "float32", "device"_a = py::none());
  module.def(
      "full",
      [](const Shape& shape, double value, DType dtype, const DeviceName& device) {
        return full(shape, value, dtype, device_or_current("full", device));
      },
      "A tensor of one value.", "shape"_a, "value"_a, "dtype"_a = "float32", "device"_a = py::none());
  py::implicitly_convertible<py::array, Tensor>();
  tensor.def(py::init(&from_numpy), "A tensor over the array's own memory.", "array"_a);
}

}  // namespace afina
