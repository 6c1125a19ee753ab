#pragma once

// Graphs.  While a stream is captured, what it is asked is written down with its arguments by value, and is
// not done; launching the graph does it, in order.  What CUDA does not permit meanwhile spoils the capture,
// as it does there, and so does what the simulator does not play: allocations in the stream and copies of
// memory that is not pinned.
#include <functional>
#include <vector>

enum cudaError_t : int;
struct CudasimStream;

namespace cudasim {

using Node = std::function<cudaError_t()>;

bool is_captured(const CudasimStream* stream);
void write_down(const CudasimStream* stream, Node node);  // of a stream that is captured

// Not permitted in a captured stream, or (the second) to a thread that captures one: the error, which spoils
// the capture; success elsewhere.
cudaError_t not_in_a_captured(const CudasimStream* stream);
cudaError_t not_while_this_thread_captures();

void spoil(const CudasimStream* stream);

}  // namespace cudasim
