#pragma once

#include <cuda_runtime.h>

#include <cstdint>

// How a kernel says that an index or a label is out of range.  The host does not wait to hear it: the kernel
// notes the first complaint and goes on with a value that is in range, and whoever asks for numbers next
// (numpy(), item(), afina.synchronize()) gets the exception.  Nothing traps: the device stays usable.
namespace afina {

enum class Fault : int32_t { none, index, label_nan, label_fraction, label_range, label_far, target_nan };

struct Complaint {
  int32_t taken;  // 0 until a thread complains
  Fault fault;
  int32_t op;     // the op's number, see op_number()
  int64_t place;  // of the element, in flat order
  double value;   // what was there, where it was a fraction
  int64_t whole;  // where it was none
  int64_t limit;  // indices: the size of the axis; labels: the number of classes
};

// An op's name as a number that a kernel can carry.
int32_t op_number(const char* op);

// Raises the exception that fits, and forgets the complaint.
void raise_complaint(Complaint& complaint);

// Where a kernel complains.
struct Complaints {
  Complaint* note;
  int32_t op;

#ifdef __CUDACC__
  __device__ void file(Fault fault, int64_t place, double value, int64_t whole, int64_t limit) const {
    if (atomicCAS(&note->taken, 0, 1) != 0) return;  // the first one counts
    note->op = op;
    note->place = place;
    note->value = value;
    note->whole = whole;
    note->limit = limit;
    __threadfence_system();  // the host may look while other threads' kernels run: the fault comes last
    note->fault = fault;
  }
#endif
};

}  // namespace afina
