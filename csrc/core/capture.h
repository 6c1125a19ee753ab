#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

// Keeping what a step does so that it can be done again without the step's code (plan/plan.h). While a
// capture is on, this thread's ops run as ever, and everything that touches memory (a kernel's launch, a
// fill, a copy) is handed to the capture as well, in order.
namespace afina {

// A piece of work that can be repeated: it holds its tensors by value and looks their memory up when it runs.
class Work {
 public:
  Work() = default;
  virtual ~Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  virtual void run() = 0;
  // The device to whose queue it only adds, the same each time; the CPU where the host takes any other part.
  virtual Device device() const { return {}; }
};

template <class F>
class WorkOf final : public Work {
 public:
  WorkOf(const F& function, Device device) : function_(function), device_(device) {}
  void run() override { function_(); }
  Device device() const override { return device_; }

 private:
  const F function_;
  const Device device_;
};

class Capture {
 public:
  virtual ~Capture() = default;

  // Work that was just done. `handles`: the arrays it holds on to, one entry a handle.
  virtual void add(std::unique_ptr<Work> work, const std::vector<TensorBody*>& handles) = 0;
  virtual void allocated(const StoragePtr& storage) = 0;
  // Does nobody but this capture hold the array or its memory, as far as it can tell, beyond one handle?
  virtual bool held_once(const Tensor& x) const = 0;
  // A key that was just drawn from the global generator, in a place where a repetition puts the next one.
  virtual std::shared_ptr<KernelKey> drawn(RandomKey key) = 0;
  // The step cannot be repeated from what is captured; the first reason is kept.
  virtual void refuse(std::string why) = 0;
};

// The capture of this thread, or null.
inline thread_local constinit Capture* current_capture = nullptr;

// No capture for as long as this lives.
class CapturePause {
 public:
  CapturePause() : before_(std::exchange(current_capture, nullptr)) {}
  ~CapturePause() { current_capture = before_; }
  CapturePause(const CapturePause&) = delete;
  CapturePause& operator=(const CapturePause&) = delete;

 private:
  Capture* before_;
};

// Hands `function` to the capture. Its closure must hold everything by value: it outlives the caller.
// `device`: see Work.
template <class F>
void capture_work(const F& function, Device device) {
  std::vector<TensorBody*> handles;
  std::unique_ptr<Work> work;
  {
    const HandleLog log(handles);
    work = std::make_unique<WorkOf<F>>(function, device);
  }
  current_capture->add(std::move(work), handles);
}

// Does the work, and hands it to the capture if there is one.
template <class F>
void repeatable(const F& function, Device device) {
  function();
  if (current_capture != nullptr) [[unlikely]]
    capture_work(function, device);
}

// Told before something that a repetition cannot know about, such as a number that Python gets to see.
template <class Message>
void refuse_capture(const Message& why) {
  if (current_capture != nullptr) [[unlikely]]
    current_capture->refuse(why);
}

// Is this the only handle to the array, and the array the only one in its memory? Then changing it in place
// touches nothing else.
inline bool held_once(const Tensor& x) {
  if (current_capture != nullptr) [[unlikely]]
    return current_capture->held_once(x);
  return x.use_count() == 1 && x.storage().use_count() == 1;
}

}  // namespace afina
