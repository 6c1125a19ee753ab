#include "cuda/complaint.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "core/error.h"

namespace afina {
namespace {

std::mutex mutex;
std::vector<std::string>& op_names() {
  static std::vector<std::string>* const names = new std::vector<std::string>;
  return *names;
}

}  // namespace

int32_t op_number(const char* op) {
  const std::lock_guard lock(mutex);
  std::vector<std::string>& names = op_names();
  const auto found = std::find(names.begin(), names.end(), op);
  if (found == names.end()) {
    names.emplace_back(op);
    return static_cast<int32_t>(names.size()) - 1;
  }
  return static_cast<int32_t>(found - names.begin());
}

void raise_complaint(Complaint& complaint) {
  if (__atomic_load_n(&complaint.fault, __ATOMIC_ACQUIRE) == Fault::none) return;
  Complaint heard;
  std::string name;
  {
    const std::lock_guard lock(mutex);
    heard = complaint;
    if (heard.fault == Fault::none) return;  // another thread was first
    complaint.fault = Fault::none;
    __atomic_store_n(&complaint.taken, 0, __ATOMIC_RELEASE);
    name = op_names()[static_cast<size_t>(heard.op)];
  }
  const char* const op = name.c_str();
  switch (heard.fault) {
    case Fault::index:
      fail<IndexRangeError>(op, "indices[", heard.place, "] (in flat order) is ", heard.whole,
                            ", allowed: ", -heard.limit, " to ", heard.limit - 1);
    case Fault::label_nan: fail<ArgumentError>(op, "labels[", heard.place, "] is NaN");
    case Fault::label_fraction:
      fail<ArgumentError>(op, "labels[", heard.place, "] is ", heard.value, ", not a class number");
    case Fault::label_range:
      fail<IndexRangeError>(op, "labels[", heard.place, "] is ", heard.whole, ", y_pred has ", heard.limit,
                            " classes: 0 to ", heard.limit - 1);
    case Fault::label_far:
      fail<IndexRangeError>(op, "labels[", heard.place, "] is ", heard.value, ", y_pred has ", heard.limit,
                            " classes");
    case Fault::target_nan: fail<ArgumentError>(op, "y_true is NaN at element ", heard.place);
    case Fault::none: break;
  }
}

}  // namespace afina
