#pragma once

// Queues.  The first stream does everything when it is asked to.  What is put into another one, which a
// device may do whenever it likes, is as late as it may be (or, in other schedules, done at once): until
// somebody waits for an event recorded behind it, or for the stream.  Whoever does not wait reads what was
// there before; whoever writes, meanwhile, into memory that it reads gives it something else.  What goes
// wrong then is told to who waits.
#include <cstddef>
#include <functional>

enum cudaError_t : int;
struct CudasimStream;
struct CudasimEvent;

namespace cudasim {

// Puts it into the stream, or does it, after what the stream still had to do.  `to`: memory it writes, if it
// is a copy.
cudaError_t in_turn(CudasimStream* stream, std::function<cudaError_t()> task, const void* to = nullptr);

// What the stream has been asked so far is done: what went wrong.
cudaError_t finish(CudasimStream* stream);

// Ends the process if a copy into [block, block + bytes) is still to come.
void check_not_awaited(const void* block, size_t bytes);

}  // namespace cudasim
