#include "ops/optim/lists.h"

#include <algorithm>
#include <cmath>

namespace afina {
namespace {

// The bytes of a tensor, where they came from, and whether they are to be written.
struct Stretch {
  const char* begin;
  const char* end;
  const char* list;
  size_t index;
  bool written;
};

void check_tensor(const char* op, const UpdateList& list, size_t i, const UpdateList& first) {
  const Tensor& tensor = (*list.tensors)[i];
  if (!tensor.defined()) fail<ArgumentError>(op, list.name, "[", i, "] is None");
  if (!is_floating(tensor.dtype()))
    fail<DTypeError>(op, list.name, "[", i, "] needs float32 or float64, got ", tensor.dtype());
  const Tensor& model = (*first.tensors)[i];
  if (tensor.shape() != model.shape())
    fail<ShapeError>(op, list.name, "[", i, "] has shape ", tensor.shape(), ", ", first.name, "[", i,
                     "] has ", model.shape());
  if (tensor.dtype() != model.dtype())
    fail<DTypeError>(op, list.name, "[", i, "] is ", tensor.dtype(), ", ", first.name, "[", i, "] is ",
                     model.dtype());
  if (tensor.device() != (*first.tensors)[0].device())
    fail<DeviceError>(op, list.name, "[", i, "] is on ", tensor.device(), ", ", first.name, "[0] on ",
                      (*first.tensors)[0].device());
  if (list.written && !tensor.storage()->writable)
    fail<ArgumentError>(op, list.name, "[", i, "] is read-only memory and cannot be updated in place");
}

// Sorted by address, an overlap is always between neighbours (of the span that reaches furthest).
void check_overlaps(const char* op, std::vector<Stretch>& spans) {
  std::sort(spans.begin(), spans.end(), [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  const Stretch* reach = nullptr;          // the span that ends last so far
  const Stretch* written_reach = nullptr;  // and among the written ones
  for (const Stretch& span : spans) {
    const Stretch* other = span.written ? reach : written_reach;
    if (other != nullptr && other->end > span.begin)
      fail<ArgumentError>(op, span.list, "[", span.index, "] shares memory with ", other->list, "[",
                          other->index, "]: each tensor may be given once");
    if (reach == nullptr || span.end > reach->end) reach = &span;
    if (span.written && (written_reach == nullptr || span.end > written_reach->end)) written_reach = &span;
  }
}

}  // namespace

void check_lists(const char* op, std::initializer_list<UpdateList> lists) {
  const UpdateList& first = *lists.begin();
  std::vector<Stretch> spans;
  spans.reserve(lists.size() * first.tensors->size());
  for (const UpdateList& list : lists) {
    const size_t length = list.tensors->size();
    if (length != first.tensors->size())
      fail<ArgumentError>(op, list.name, " has ", length, " tensors, ", first.name, " has ",
                          first.tensors->size());
    for (size_t i = 0; i < length; ++i) {
      check_tensor(op, list, i, first);
      const Tensor& tensor = (*list.tensors)[i];
      const char* begin = static_cast<const char*>(tensor.raw());
      if (tensor.size() > 0) spans.push_back({begin, begin + tensor.bytes(), list.name, i, list.written});
    }
  }
  check_overlaps(op, spans);
}

void check_finite(const char* op, std::initializer_list<Hyperparameter> values) {
  for (const auto& [name, value] : values)
    if (!std::isfinite(value)) fail<ArgumentError>(op, name, " must be finite, got ", value);
}

void check_not_negative(const char* op, std::initializer_list<Hyperparameter> values) {
  check_finite(op, values);
  for (const auto& [name, value] : values)
    if (value < 0) fail<ArgumentError>(op, name, " must not be negative, got ", value);
}

void check_fraction(const char* op, std::initializer_list<Hyperparameter> values) {
  for (const auto& [name, value] : values)
    if (!(value >= 0 && value < 1)) fail<ArgumentError>(op, name, " must lie in [0, 1), got ", value);
}

}  // namespace afina
