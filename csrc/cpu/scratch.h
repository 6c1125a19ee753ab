#pragma once

#include <cstddef>

namespace afina {

// Memory of the calling thread for packing and tiles, 64-byte aligned, kept between calls.  Contents are
// undefined; each slot is one buffer, so a kernel that needs two asks for slots 0 and 1.
inline constexpr int kScratchSlots = 5;
void* thread_scratch(size_t bytes, int slot);

}  // namespace afina
