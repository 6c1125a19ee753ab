#pragma once

// Stacks that one OS thread switches between, with what the sanitizers want to know about it.
#include <cstddef>

namespace cudasim {

class Fiber {
 public:
  Fiber(void (*entry)());  // runs on a stack of its own when it is first switched to
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void enter();         // from the OS thread's own stack; returns when the fiber leaves
  static void leave();  // from a fiber back to whoever entered it
  void restart();       // forgets where it was: the next enter() begins at the entry

 private:
  void* stack_;
  void* top_ = nullptr;
  void (*entry_)();
  void* fake_stack_ = nullptr;  // AddressSanitizer's
  void* race_fiber_ = nullptr;  // ThreadSanitizer's
};

}  // namespace cudasim
