#pragma once

#include "cpu/gemm/gemm.h"

// The products of matrices on a device.  Read by the ops, too: nothing here needs CUDA.
namespace afina {

class Stream;

// One product.
template <class T>
void gemm_cuda(const char* op, const Gemm<T>& g, Stream& stream);

// One for each of `count` entries: entry i starts a_at[i], b_at[i], c_at[i] elements into a, b and c, read on
// the host. Entries that share a matrix of c, as many of each, are summed in their order.
template <class T>
void gemm_cuda(const char* op, const Gemm<T>& g, int64_t count, const int64_t* a_at, const int64_t* b_at,
               const int64_t* c_at, Stream& stream);

}  // namespace afina
