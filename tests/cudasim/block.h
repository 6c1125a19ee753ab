#pragma once

// Runs the threads of a block as fibers of one OS thread, block after block.  A thread runs until it ends or
// waits; when no thread of the block can run, what they wait for is looked at: all at one barrier, or an
// error that names the places.  schedule.h says in which order they take their turns.
#include <cstddef>
#include <cstring>
#include <string>

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

namespace cudasim {

// What the thread that runs now reads as threadIdx and its kin.
struct Indices {
  uint3 thread, block;
  dim3 block_size, grid_size;
};
inline Indices now;

struct Place {
  const char* file;
  int line;
};

// False, with a reason in last_failure(), for a shape no device takes.
bool launchable(dim3 grid, dim3 block);

// Calls body(context) once for every thread; false, with the reason in last_failure(), when a thread did what
// no device would forgive.
bool run_grid(dim3 grid, dim3 block, size_t dynamic_shared, void (*body)(const void* context),
              const void* context);

const char* last_failure();
void set_failure(const char* text);

// Waits until every thread of the block is here.
void barrier(Place place);

// Waits until another thread, or a copy that lands, wakes this one.
void sleep(Place place);
void wake(int thread);

// Waits until every lane of `mask` is here; returns what the 32 lanes brought, `bytes` (at most 32) each.
const void* collective(const char* name, unsigned mask, const void* value, size_t bytes, Place place);

int lane();
int current_thread();  // of the block, counted along x first

// Ends the block from inside a thread, which is never resumed.
[[noreturn]] void give_up(const std::string& text);

template <class T>
T exchange(const char* name, unsigned mask, T value, int from, Place place) {
  const auto* const lanes =
      static_cast<const unsigned char*>(collective(name, mask, &value, sizeof(T), place));
  if ((mask >> from & 1U) == 0) return value;  // undefined on a device
  std::memcpy(&value, lanes + static_cast<size_t>(from) * sizeof(T), sizeof(T));
  return value;
}

}  // namespace cudasim
