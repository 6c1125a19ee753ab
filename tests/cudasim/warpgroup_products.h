#pragma once

// wgmma.mma_async: a lane takes home its sums of the 64 rows of a warpgroup's product, read from shared
// memory where the descriptors say (PTX ISA, "Asynchronous warpgroup level matrix shared memory layout"). The
// memory is read at once, or, in the schedules in which copies land at once, as late as may be: when the
// product is waited for.
#include <cstdint>

#include "block.h"

namespace cudasim {

struct WarpgroupProduct {
  float*
      sums;  // of the lane: of each 8 columns two in row lane / 4 of the warp's 16, two in row lane / 4 + 8
  int columns;
  uint32_t element_bytes;   // of a factor: 2, bfloat16, or 4, TF32; the product is 32 bytes deep
  uint64_t a, b;            // descriptors
  bool a_turned, b_turned;  // neighbours in memory lie along the rows or columns of the product, not along k
  bool add;                 // to the sums; else they begin anew
};
void multiply_warpgroup(const WarpgroupProduct& product, Place place);

void fence_warpgroup();                             // wgmma.fence
void close_product_group();                         // wgmma.commit_group
void land_products(int still_coming, Place place);  // wgmma.wait_group

void forget_products(int threads);  // when a block of so many threads begins

}  // namespace cudasim
