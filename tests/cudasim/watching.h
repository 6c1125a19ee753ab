#pragma once

// What the sanitizers are told.  The simulator's own bookkeeping is shared by all fibers: ThreadSanitizer is
// not to watch it (memset and memcpy are intercepted even so), only what orders the threads of a kernel.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#define RELEASE(tag) __tsan_release(tag)
#define ACQUIRE(tag) __tsan_acquire(tag)
extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);
extern "C" void AnnotateIgnoreWritesBegin(const char* file, int line);
extern "C" void AnnotateIgnoreWritesEnd(const char* file, int line);
#define OWN_WRITES_BEGIN() AnnotateIgnoreWritesBegin(__FILE__, __LINE__)
#define OWN_WRITES_END() AnnotateIgnoreWritesEnd(__FILE__, __LINE__)
#define OWN_READS_BEGIN() AnnotateIgnoreReadsBegin(__FILE__, __LINE__)
#define OWN_READS_END() AnnotateIgnoreReadsEnd(__FILE__, __LINE__)
#else
#define RELEASE(tag) static_cast<void>(tag)
#define ACQUIRE(tag) static_cast<void>(tag)
#define OWN_WRITES_BEGIN() static_cast<void>(0)
#define OWN_WRITES_END() static_cast<void>(0)
#define OWN_READS_BEGIN() static_cast<void>(0)
#define OWN_READS_END() static_cast<void>(0)
#endif

#define UNWATCHED __attribute__((no_sanitize("thread"), noinline))

namespace cudasim {

// While one lives, what the thread reads, writes and frees is the simulator's own.  It may not wait
// meanwhile.
struct Bookkeeping {
  Bookkeeping() {
    OWN_READS_BEGIN();
    OWN_WRITES_BEGIN();
  }
  ~Bookkeeping() {
    OWN_WRITES_END();
    OWN_READS_END();
  }
  Bookkeeping(const Bookkeeping&) = delete;
  Bookkeeping& operator=(const Bookkeeping&) = delete;
};

}  // namespace cudasim
