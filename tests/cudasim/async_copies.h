#pragma once

// cp.async as the worst devices would do it.  A copy lands when it is waited for and not a moment earlier, so
// that a kernel that forgets to wait reads what was there before; or, in the other schedules, at once, which
// hurts one that copies to where others still read.
namespace cudasim {

// `bytes` from global to shared memory, or zeros where `inside` is false; both ends must be aligned.
void copy_later(void* to, const void* from, int bytes, bool inside);

void close_copy_group();             // the calling thread's copies since the last call
void land_copies(int still_coming);  // of the calling thread, all groups but the last ones

void forget_copies(int threads);  // when a block of so many threads begins

}  // namespace cudasim
