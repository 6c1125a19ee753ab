#pragma once

#include "cpu/splits.h"
#include "cpu/workspace.h"
#include "ops/pool/channel_blocks.h"

// Sums over many items, rows of an image for example: chunks of items, cut by the shape alone, have sums of
// their own, which are then added in their order.
namespace afina {
// Unnamed, so that nothing below can be emitted under a name that files of other instruction sets share.
namespace {

inline constexpr int64_t kMostSumChunks = 64;  // bounds the memory of the chunks' sums

struct SumChunks {
  int64_t items, items_each, count;

  // Of items of `values` elements that give `size` sums.
  KERNEL_INLINE SumChunks(int64_t all_items, int64_t values, int64_t size) : items(all_items) {
    const int64_t even = (items + kMostSumChunks - 1) / kMostSumChunks;
    const int64_t fewest = (kPoolGrain > 8 * size ? kPoolGrain : 8 * size) / values + 1;
    items_each = fewest > even ? fewest : even;
    count = items > items_each ? (items + items_each - 1) / items_each : 1;
  }
};

// sums[0 .. size) of all items; add(first, last, sums) adds what items [first, last) bring.
template <class T, class F>
KERNEL_INLINE void sum_in_chunks(const SumChunks& chunks, int64_t size, T* sums, const F& add) {
  const Workspace<T> partial(chunks.count > 1 ? chunks.count * size : 0);
  T* const all_sums = chunks.count > 1 ? partial.data() : sums;

  parallel_chunks(chunks.count, [=](int64_t chunk) {
    T* const own = all_sums + chunk * size;
    for (int64_t i = 0; i < size; ++i) own[i] = 0;
    const int64_t first = chunk * chunks.items_each, last = first + chunks.items_each;
    add(first, last < chunks.items ? last : chunks.items, own);
  });

  if (chunks.count > 1) add_splits(all_sums, chunks.count, size, sums);
}

}  // namespace
}  // namespace afina
