#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

#define UNWATCHED __attribute__((no_sanitize("thread", "address"), noinline))

// Saves the callee-saved registers on this stack, its top in *from, and goes on where `to` was left.
extern "C" void cudasim_switch_stack(void** from, void* to);
#if defined(__x86_64__)
asm(R"(
.text
.globl cudasim_switch_stack
.hidden cudasim_switch_stack
.type cudasim_switch_stack, @function
cudasim_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cudasim_switch_stack, .-cudasim_switch_stack
)");
constexpr int kSavedWords = 6;
#else
#error "tests/cudasim switches stacks on x86-64 only"
#endif

namespace cudasim {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kStackBytes = 128 * 1024;

Fiber* running = nullptr;
void* outside_top = nullptr;  // the OS thread's own stack
#if defined(__SANITIZE_ADDRESS__)
void* outside_fake_stack = nullptr;
const void* outside_bottom = nullptr;
size_t outside_bytes = 0;
#endif
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
void* outside_race_fiber = nullptr;
#endif

}  // namespace

UNWATCHED Fiber::Fiber(void (*entry)()) : entry_(entry) {
  stack_ = mmap(nullptr, kPage + kStackBytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(stack_, kPage, PROT_NONE);  // an overflow ends there
  restart();
}

UNWATCHED Fiber::~Fiber() {
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
  if (race_fiber_ != nullptr) __tsan_destroy_fiber(race_fiber_);
#endif
  munmap(stack_, kPage + kStackBytes);
}

UNWATCHED void Fiber::restart() {
  char* const end = static_cast<char*>(stack_) + kPage + kStackBytes;
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(end - kStackBytes, kStackBytes);
  fake_stack_ = nullptr;
#endif
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
  if (race_fiber_ != nullptr) __tsan_destroy_fiber(race_fiber_);
  race_fiber_ = __tsan_create_fiber(0);
#endif
  // The registers the first switch pops, the address it returns to, and a word that aligns the stack as a
  // call does.
  void** top = reinterpret_cast<void**>(end) - 2;
  *top = reinterpret_cast<void*>(+[] {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &outside_bottom, &outside_bytes);
#endif
    running->entry_();
    __builtin_trap();  // an entry leaves, it does not return
  });
  top[1] = nullptr;
  for (int i = 0; i < kSavedWords; ++i) *--top = nullptr;
  top_ = top;
}

UNWATCHED void Fiber::enter() {
  running = this;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&outside_fake_stack, static_cast<char*>(stack_) + kPage, kStackBytes);
#endif
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
  outside_race_fiber = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(race_fiber_, __tsan_switch_to_fiber_no_sync);
#endif
  cudasim_switch_stack(&outside_top, top_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(outside_fake_stack, nullptr, nullptr);
#endif
}

UNWATCHED void Fiber::leave() {
  Fiber* const self = running;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&self->fake_stack_, outside_bottom, outside_bytes);
#endif
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
  __tsan_switch_to_fiber(outside_race_fiber, __tsan_switch_to_fiber_no_sync);
#endif
  cudasim_switch_stack(&self->top_, outside_top);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(self->fake_stack_, &outside_bottom, &outside_bytes);
#endif
}

}  // namespace cudasim
