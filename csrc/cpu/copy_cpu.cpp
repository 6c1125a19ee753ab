#include "core/isa.h"
#include "cpu/copy.h"
#include "cpu/parallel.h"

namespace afina {

constexpr int64_t kChunkBytes = 4 * kGrain;

template <Isa I>
void copy_cpu(const uint8_t* from, uint8_t* to, int64_t bytes) {
  const bool past_caches = exceeds_caches(bytes);
  parallel_range(bytes, kChunkBytes, [=](int64_t begin, int64_t end) {
    copy_run(from + begin, to + begin, end - begin, past_caches);
  });
}

template <Isa I, class Word>
void fill_cpu(Word* to, Word value, int64_t n) {
  const bool past_caches = exceeds_caches<Word>(n);
  parallel_range(n, kChunkBytes / static_cast<int64_t>(sizeof(Word)),
                 [=](int64_t begin, int64_t end) { fill_run(to + begin, value, end - begin, past_caches); });
}

template void copy_cpu<kIsa>(const uint8_t*, uint8_t*, int64_t);
template void fill_cpu<kIsa, uint8_t>(uint8_t*, uint8_t, int64_t);
template void fill_cpu<kIsa, uint32_t>(uint32_t*, uint32_t, int64_t);
template void fill_cpu<kIsa, uint64_t>(uint64_t*, uint64_t, int64_t);

}  // namespace afina
