#pragma once

#include <cstddef>

// Queues beside the first one.  The first stream does everything when it is asked to.  On another one a copy
// out of pinned memory, which a device may do whenever it likes, is as late as it may be (or, in other
// schedules, done at once): until somebody waits for an event recorded behind it.  Whoever does not wait
// reads NaN; whoever writes into the pinned memory before sends something else.
struct CudasimStream;
struct CudasimEvent;

namespace cudasim {

// False: the stream does it at once, after what it still had to do.
bool copy_in_turn(CudasimStream* stream, void* to, const void* from, size_t bytes);

// What the stream has been asked so far is done.
void finish(CudasimStream* stream);

// Ends the process if a copy into [block, block + bytes) is still to come.
void check_not_awaited(const void* block, size_t bytes);

}  // namespace cudasim
