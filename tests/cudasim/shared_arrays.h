#pragma once

// A block's shared memory: all NaN when the block begins, with guards behind every array.
#include <cstddef>
#include <cstdint>

namespace cudasim {

void begin_shared(size_t dynamic_bytes);
bool shared_guards_are_whole();  // or false, with the reason in last_failure()

// The static array behind `tag`, the same for all threads of the block.
void* shared_array(const void* tag, size_t bytes);

// What the launch asked for beside the static arrays; at least `bytes`, or the block is given up.
void* dynamic_shared(size_t bytes);

// Addresses as instructions write them: counted from where a block's shared memory begins.
uint32_t shared_address(const void* at);
unsigned char* shared_place(uint32_t address, size_t bytes);  // gives up where nothing has been allocated

// Whether a launch may ask for so much dynamic shared memory, for a kernel that has been allowed `allowed`.
bool is_dynamic_shared_allowed(size_t bytes, size_t allowed);

}  // namespace cudasim
