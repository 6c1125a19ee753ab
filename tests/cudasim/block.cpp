#include "block.h"

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "async_copies.h"
#include "bulk_copies.h"
#include "fiber.h"
#include "schedule.h"
#include "shared_arrays.h"
#include "warpgroup_products.h"
#include "watching.h"

namespace cudasim {
namespace {

constexpr int kWarp = 32;
constexpr unsigned kMostThreads = 1024;
constexpr unsigned kMostGridYZ = 65535;
constexpr size_t kPayload = 32;  // bytes a lane brings to a collective

// ThreadSanitizer takes a fiber for a thread; without it a fiber goes on with the next thread when one ends.
#if defined(__SANITIZE_THREAD__) || defined(CUDASIM_THREAD_SANITIZER)
constexpr bool kFiberPerThread = true;
#else
constexpr bool kFiberPerThread = false;
#endif

enum class State { fresh, ready, at_barrier, in_collective, asleep, done };

struct Thread {
  State state = State::fresh;
  Place place{};  // where it waits
  Fiber* fiber = nullptr;
};

// A collective that some lanes of a warp have reached.
struct Meeting {
  const char* name = nullptr;
  unsigned mask = 0, arrived = 0;
  Place place{};
  int side = 0;  // which of the two buffers; a lane can be one meeting ahead
  unsigned char lanes[2][kWarp * kPayload];
};

std::string failure;

struct Block {
  // What runs.
  void (*body)(const void*) = nullptr;
  const void* context = nullptr;
  dim3 size;
  int count = 0;  // of threads
  size_t dynamic_shared = 0;
  std::vector<Thread> threads;
  std::vector<int> order;  // in which threads take their turns
  size_t next_fresh = 0;   // in `order`
  int current = 0;
  bool failed = false;
  // What they share.
  std::vector<std::vector<Meeting>> meetings;        // of each warp
  char barrier_tag = 0, start_tag = 0, end_tag = 0;  // for ThreadSanitizer
  // The fibers, used again by later blocks.
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<Fiber*> idle;
};
Block block;

UNWATCHED std::string described(int thread) {
  const int x = static_cast<int>(block.size.x), y = static_cast<int>(block.size.y);
  return "thread (" + std::to_string(thread % x) + ", " + std::to_string(thread / x % y) + ", " +
         std::to_string(thread / (x * y)) + ") of block (" + std::to_string(now.block.x) + ", " +
         std::to_string(now.block.y) + ", " + std::to_string(now.block.z) + ")";
}

UNWATCHED std::string written(Place place) {
  const std::string file = place.file;
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(place.line);
}

UNWATCHED void become(int thread) {
  block.current = thread;
  const unsigned index = static_cast<unsigned>(thread);
  now.thread = {index % block.size.x, index / block.size.x % block.size.y,
                index / (block.size.x * block.size.y)};
}

UNWATCHED void wait() {
  const int self = block.current;
  Fiber::leave();
  become(self);
}

UNWATCHED int take_fresh() {
  while (block.next_fresh < block.order.size()) {
    const int thread = block.order[block.next_fresh++];
    if (block.threads[static_cast<size_t>(thread)].state == State::fresh) return thread;
  }
  return -1;
}

// What a fiber does: one thread after the other.  One that waits takes the fiber with it.
void run_threads() {
  for (;;) {
    for (int thread = take_fresh(); thread >= 0; thread = take_fresh()) {
      block.threads[static_cast<size_t>(thread)].fiber =
          block.threads[static_cast<size_t>(block.current)].fiber;
      if (thread != block.current) block.threads[static_cast<size_t>(block.current)].fiber = nullptr;
      become(thread);
      ACQUIRE(&block.start_tag);
      block.body(block.context);
      RELEASE(&block.end_tag);
      block.threads[static_cast<size_t>(block.current)].state = State::done;
      if (kFiberPerThread) break;
    }
    Fiber::leave();
  }
}

UNWATCHED Fiber* idle_fiber() {
  if (block.idle.empty()) {
    block.fibers.push_back(std::make_unique<Fiber>(&run_threads));
    return block.fibers.back().get();
  }
  Fiber* const fiber = block.idle.back();
  block.idle.pop_back();
  return fiber;
}

// Lets the thread run until it waits or ends (others that are fresh may run to their ends, too).
UNWATCHED void resume(int thread) {
  Thread& own = block.threads[static_cast<size_t>(thread)];
  if (own.state == State::fresh) {
    own.fiber = idle_fiber();
  } else {
    own.state = State::ready;
  }
  Fiber* const fiber = own.fiber;
  block.current = thread;
  fiber->enter();
  Thread& last = block.threads[static_cast<size_t>(block.current)];
  if (last.state == State::done) {
    last.fiber = nullptr;
    if (!kFiberPerThread) block.idle.push_back(fiber);
  }
}

// Nobody can run: the threads are all at one barrier, or will wait for ever.
UNWATCHED bool release_barrier() {
  const Thread* first = nullptr;
  int first_index = 0;
  for (int t = 0; t < block.count; ++t) {
    const Thread& thread = block.threads[static_cast<size_t>(t)];
    if (thread.state == State::asleep) {
      failure = described(t) + " waits at " + written(thread.place) +
                " for what never comes: " + phase_waited_for(t);
      return false;
    }
    if (thread.state == State::at_barrier && first == nullptr) {
      first = &thread;
      first_index = t;
    }
  }
  for (int t = 0; t < block.count; ++t) {
    const Thread& thread = block.threads[static_cast<size_t>(t)];
    if (thread.state == State::in_collective) {
      failure = "a warp collective at " + written(thread.place) +
                " waits for lanes that never come: " + described(t) + " is there";
      return false;
    }
    if (thread.state == State::done) {
      failure = "divergent __syncthreads: " + described(first_index) + " waits at " + written(first->place) +
                ", " + described(t) + " has left the kernel";
      return false;
    }
    if (thread.place.line != first->place.line || std::strcmp(thread.place.file, first->place.file) != 0) {
      failure = "divergent __syncthreads: " + described(first_index) + " waits at " + written(first->place) +
                ", " + described(t) + " at " + written(thread.place);
      return false;
    }
  }
  for (Thread& thread : block.threads) thread.state = State::ready;
  return true;
}

UNWATCHED void begin_block() {
  block.threads.assign(static_cast<size_t>(block.count), Thread{});
  block.meetings.assign(static_cast<size_t>((block.count + kWarp - 1) / kWarp), {});
  block.order.resize(static_cast<size_t>(block.count));
  std::iota(block.order.begin(), block.order.end(), 0);
  arrange(block.order);
  block.next_fresh = 0;
  block.idle.clear();
  for (const auto& fiber : block.fibers) block.idle.push_back(fiber.get());
  block.failed = false;
  begin_shared(block.dynamic_shared);
  forget_copies(block.count);
  forget_bulk_copies();
  forget_products(block.count);
}

UNWATCHED bool run_block() {
  begin_block();
  RELEASE(&block.start_tag);
  for (;;) {
    bool moved = false, alive = false;
    const uint32_t resting = resting_warps();
    for (const int t : block.order) {
      const Thread& thread = block.threads[static_cast<size_t>(t)];
      if (thread.state != State::fresh && thread.state != State::ready) continue;
      moved = true;
      if ((resting >> (t / kWarp) & 1U) == 0) resume(t);
      if (block.failed) return false;
    }
    for (const Thread& thread : block.threads) alive = alive || thread.state != State::done;
    if (!alive) break;
    if (!moved && !land_bulk_copy() && !release_barrier()) return false;
  }
  ACQUIRE(&block.end_tag);
  return bulk_copies_have_landed() && shared_guards_are_whole();
}

}  // namespace

const char* last_failure() { return failure.c_str(); }
void set_failure(const char* text) { failure = text; }

bool launchable(dim3 grid, dim3 size) {
  if (static_cast<uint64_t>(size.x) * size.y * size.z > kMostThreads || size.x * size.y * size.z == 0)
    failure = "a block has 1 to 1024 threads, not " + std::to_string(size.x * size.y * size.z);
  else if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7FFFFFFF || grid.y > kMostGridYZ ||
           grid.z > kMostGridYZ)
    failure = "no device takes a grid of (" + std::to_string(grid.x) + ", " + std::to_string(grid.y) + ", " +
              std::to_string(grid.z) + ") blocks";
  else
    return true;
  return false;
}

UNWATCHED bool run_grid(dim3 grid, dim3 size, size_t dynamic_shared, void (*body)(const void*),
                        const void* context) {
  block.body = body;
  block.context = context;
  block.size = size;
  block.dynamic_shared = dynamic_shared;
  block.count = static_cast<int>(size.x * size.y * size.z);
  now.block_size = size;
  now.grid_size = grid;
  begin_schedule();
  std::vector<int> blocks(static_cast<size_t>(grid.x) * grid.y * grid.z);
  std::iota(blocks.begin(), blocks.end(), 0);
  arrange(blocks);
  for (const int number : blocks) {
    const unsigned index = static_cast<unsigned>(number);
    now.block = {index % grid.x, index / grid.x % grid.y, index / (grid.x * grid.y)};
    if (run_block()) continue;
    // Threads that were given up hang in their fibers: those start anew.
    block.idle.clear();
    for (const auto& fiber : block.fibers) {
      fiber->restart();
      block.idle.push_back(fiber.get());
    }
    return false;
  }
  return true;
}

UNWATCHED void barrier(Place place) {
  Thread& self = block.threads[static_cast<size_t>(block.current)];
  RELEASE(&block.barrier_tag);
  self.state = State::at_barrier;
  self.place = place;
  wait();
  ACQUIRE(&block.barrier_tag);
}

UNWATCHED void sleep(Place place) {
  Thread& self = block.threads[static_cast<size_t>(block.current)];
  self.state = State::asleep;
  self.place = place;
  wait();
}

UNWATCHED void wake(int thread) {
  Thread& other = block.threads[static_cast<size_t>(thread)];
  if (other.state == State::asleep) other.state = State::ready;
}

UNWATCHED const void* collective(const char* name, unsigned mask, const void* value, size_t bytes,
                                 Place place) {
  const int self = block.current, own_lane = self % kWarp, first = self - own_lane;
  if ((mask >> own_lane & 1U) == 0)
    give_up(std::string(name) + " at " + written(place) + ": the mask does not name the lane of " +
            described(self));
  for (int l = 0; l < kWarp; ++l) {
    if ((mask >> l & 1U) == 0) continue;
    if (first + l >= block.count || block.threads[static_cast<size_t>(first + l)].state == State::done)
      give_up(std::string(name) + " at " + written(place) + ": the mask names lane " + std::to_string(l) +
              ", which is not there, in " + described(self));
  }
  auto& meetings = block.meetings[static_cast<size_t>(self / kWarp)];
  Meeting* meeting = nullptr;
  for (Meeting& other : meetings) {
    if (other.mask == mask) meeting = &other;
    if (other.mask != mask && (other.mask & mask) != 0 && other.arrived != 0)
      give_up(std::string(name) + " at " + written(place) + ": " + described(self) +
              " and lanes that wait at " + written(other.place) + " bring different masks");
  }
  if (meeting == nullptr) {
    meetings.reserve(kWarp);  // so that no Meeting moves while lanes look at it
    meeting = &meetings.emplace_back();
    meeting->mask = mask;
  }
  if (meeting->arrived != 0 && std::strcmp(meeting->name, name) != 0)
    give_up(std::string(name) + " at " + written(place) + ": lanes of the warp of " + described(self) +
            " wait in another collective, " + meeting->name + " at " + written(meeting->place));
  if (meeting->arrived == 0) {
    meeting->name = name;
    meeting->place = place;
    meeting->side ^= 1;
  }
  unsigned char* const lanes = meeting->lanes[meeting->side];
  OWN_WRITES_BEGIN();
  if (bytes > 0) std::memcpy(lanes + static_cast<size_t>(own_lane) * bytes, value, bytes);
  OWN_WRITES_END();
  meeting->arrived |= 1U << own_lane;
  RELEASE(meeting);
  if (meeting->arrived == mask) {
    meeting->arrived = 0;
    for (int l = 0; l < kWarp; ++l)
      if ((mask >> l & 1U) != 0 && l != own_lane)
        block.threads[static_cast<size_t>(first + l)].state = State::ready;
  } else {
    Thread& thread = block.threads[static_cast<size_t>(self)];
    thread.state = State::in_collective;
    thread.place = place;
    wait();
  }
  ACQUIRE(meeting);
  return lanes;
}

UNWATCHED void give_up(const std::string& text) {
  failure = text;
  block.failed = true;
  Fiber::leave();
  __builtin_unreachable();
}

UNWATCHED int current_thread() { return block.current; }
UNWATCHED int lane() { return block.current % kWarp; }

}  // namespace cudasim
