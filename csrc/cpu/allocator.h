#pragma once

#include <cstddef>
#include <cstdint>

#include "core/storage.h"

// The caching allocator of CPU tensors: freed blocks are kept, because fresh pages are written at a tenth of
// the speed of warm ones; small ones by size class, those from 1 MB on joined with their neighbours
// (large_blocks.h).  Blocks are 64-byte aligned.
namespace afina {

void* allocate_cpu(size_t bytes);  // throws OutOfMemoryError with requested, used and cached bytes
void free_cpu(void* block, size_t bytes) noexcept;  // `bytes` as asked for
MemoryStats memory_stats();
void reset_peak_memory();  // the peak begins again at what is in use
void empty_cache();

}  // namespace afina
