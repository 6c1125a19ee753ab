#pragma once

// mbarriers, and the copies of whole tiles (TMA) that they count.  A copy lands as late as it may, when no
// thread of the block can go on without it, in any order; or, in other schedules, at once: a wait that is
// forgotten reads what was there before, a tile that is given back too early is overwritten.
#include <cstdint>
#include <string>

#include "block.h"

struct CUtensorMap;

namespace cudasim {

// The eight bytes of a barrier, in shared memory.
void phase_begin(uint64_t* barrier, uint32_t arrivals);  // mbarrier.init
void phase_arrive(uint64_t* barrier, Place place);
void phase_expect(uint64_t* barrier, uint32_t bytes, Place place);  // arrives, too
void phase_wait(uint64_t* barrier, uint32_t parity, Place place);   // until the phase of that parity is over

// A box of the tensor, from `at` (columns, rows, matrices) on, zeros outside; its bytes count in the barrier.
void load_box(void* to, const CUtensorMap& map, const int (&at)[3], uint64_t* barrier, Place place);

bool land_bulk_copy();           // one of those under way; false: there is none
bool bulk_copies_have_landed();  // or false, with the reason: the block ends before they have
std::string phase_waited_for(int thread);
void forget_bulk_copies();  // when a block begins

}  // namespace cudasim
