#pragma once

#include <cstdint>

#include "core/inline.h"

// The only door to threads.  Work is cut into chunks by its shape, never by the number of threads, and the
// chunks of a reduction are combined in their order: results are the same bits for 1, 2, 4 or 8 threads.
namespace afina {

int thread_count();
void set_thread_count(int threads);

// The loop body, type-erased without allocation: f(context, begin, end) over a range of chunk numbers.
using ParallelBody = void (*)(void* context, int64_t begin, int64_t end);
void parallel_run(int64_t chunks, ParallelBody body, void* context);

// Elements a chunk of streaming work: below this a second thread costs more than it brings.
inline constexpr int64_t kGrain = 32768;

// How many items of `size` elements each make such a chunk.
KERNEL_INLINE int64_t items_per_chunk(int64_t size) {
  return size >= kGrain ? 1 : kGrain / (size > 0 ? size : 1);
}

// f(chunk) for every chunk in [0, chunks), spread over the threads.  Serial inside another parallel loop, in
// a forked child, and when `chunks` is 1.
template <class F>
KERNEL_INLINE void parallel_chunks(int64_t chunks, const F& f) {
  if (chunks <= 0) return;
  if (chunks == 1) {
    f(int64_t{0});
    return;
  }
  parallel_run(
      chunks,
      [](void* context, int64_t begin, int64_t end) {
        const F& body = *static_cast<const F*>(context);
        for (int64_t chunk = begin; chunk < end; ++chunk) body(chunk);
      },
      const_cast<void*>(static_cast<const void*>(&f)));
}

// f(begin, end) over [0, n) in pieces of `grain` (the last one shorter).  Small n runs on the caller's
// thread.
template <class F>
KERNEL_INLINE void parallel_range(int64_t n, int64_t grain, const F& f) {
  if (n <= 0) return;
  const int64_t chunks = (n + grain - 1) / grain;
  parallel_chunks(chunks, [&](int64_t chunk) {
    const int64_t begin = chunk * grain;
    const int64_t end = begin + grain < n ? begin + grain : n;
    f(begin, end);
  });
}

}  // namespace afina
