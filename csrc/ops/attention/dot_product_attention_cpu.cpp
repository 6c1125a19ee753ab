#include <cstdint>

#include "core/isa.h"
#include "cpu/gemm/gemm.h"
#include "cpu/math.h"
#include "cpu/parallel.h"
#include "cpu/philox.h"
#include "cpu/rows.h"
#include "cpu/scratch.h"
#include "cpu/workspace.h"
#include "ops/attention/attention.h"

// Scores are computed a block of queries by a block of keys at a time, in memory of the thread; both blocks
// of scores that the gradient needs fit into the L2 cache.
namespace afina {
namespace {

constexpr int64_t kQueryBlock = 128;  // rows that share a rearranged block of keys
constexpr int64_t kKeyBlock = 64;     // few, so that little is computed beyond the diagonal of a causal head
constexpr int64_t kManyHeads = 16;    // heads that keep all threads busy: then one task a head
constexpr int kScoreSlot = 0, kSlopeSlot = 1;  // scratch

constexpr int64_t blocks_of(int64_t length, int64_t block) { return (length + block - 1) / block; }

// Queries [query, query + rows) and keys [key, key + columns) of a head.
struct Block {
  int64_t batch, head;
  int64_t query, rows, key, columns;
  int64_t first;  // the first row that sees one of the keys: `rows` when none does
};

template <class T>
KERNEL_INLINE Block block_at(const Attention<T>& a, int64_t head, int64_t query_block, int64_t key_block) {
  const int64_t query = query_block * kQueryBlock, key = key_block * kKeyBlock;
  const int64_t rows = a.queries - query < kQueryBlock ? a.queries - query : kQueryBlock;
  const int64_t columns = a.keys - key < kKeyBlock ? a.keys - key : kKeyBlock;
  const int64_t hidden = a.causal && key > query ? key - query : 0;
  return {head / a.heads, head % a.heads, query, rows, key, columns, hidden < rows ? hidden : rows};
}

// How many of the block's keys the query of a row sees.
template <class T>
KERNEL_INLINE int64_t seen_keys(const Attention<T>& a, const Block& b, int64_t row) {
  const int64_t up_to = b.query + row - b.key + 1;
  return a.causal && up_to < b.columns ? up_to : b.columns;
}

// The block's rows of an operand (batch, length, heads, size), from row `at` on; they are `heads * size`
// apart.
template <class T, class U>
KERNEL_INLINE U* rows_of(const Attention<T>& a, const Block& b, U* x, int64_t length, int64_t at,
                         int64_t size) {
  return x + ((b.batch * length + at) * a.heads + b.head) * size;
}

// out = rows of `left` times rows of `right`, transposed: one row of kKeyBlock scores for each query that
// sees a key.
template <Isa I, class T>
KERNEL_INLINE void products(const Attention<T>& a, const Block& b, const T* left, const T* right,
                            int64_t size, T* out) {
  const int64_t step = a.heads * size;
  gemm_cpu<I>(Gemm<T>{
      b.rows - b.first, b.columns, size, rows_of(a, b, left, a.queries, b.query + b.first, size), step, false,
      rows_of(a, b, right, a.keys, b.key, size), step, true, out + b.first * kKeyBlock, kKeyBlock});
}

// Lanes [i, i + count) of a mask of bytes.
template <class T>
KERNEL_INLINE Mask<T> mask_lanes(const uint8_t* p, int64_t count) {
  if (count == kLanes<T>) return load_mask<T>(p);
  uint8_t bytes[kLanes<T>] = {};
  for (int64_t i = 0; i < count; ++i) bytes[i] = p[i];
  return load_mask<T>(bytes);
}

// scores = scale scores + bias, minus infinity where masked, for the `count` keys that the row sees; returns
// the largest.
template <class T>
KERNEL_INLINE T weigh_row(const Attention<T>& a, const Block& b, int64_t row, T* scores, int64_t count) {
  const auto at = [&](const ScoreSteps& s) {
    return b.batch * s.batch + b.head * s.head + (b.query + row) * s.query + b.key;
  };
  const T* const bias = a.bias != nullptr ? a.bias + at(a.bias_steps) : nullptr;
  const uint8_t* const mask = a.mask != nullptr ? a.mask + at(a.mask_steps) : nullptr;
  const Vec<T> lowest = Vec<T>{} - static_cast<T>(__builtin_inf());
  Vec<T> largest = lowest;
  for (int64_t i = 0; i < count; i += kLanes<T>) {
    const int64_t lanes = count - i < kLanes<T> ? count - i : kLanes<T>;
    Vec<T> v = load(scores + i) * a.scale;
    if (bias != nullptr) v += load_lanes(bias + i, lanes);
    if (mask != nullptr) v = select(mask_lanes<T>(mask + i, lanes), v, lowest);
    store(scores + i, v);
    if (lanes < kLanes<T>) v = load_lanes(scores + i, lanes, lowest[0]);
    largest = max(v, largest);
  }
  return max_lanes<T>(largest);
}

// 1 / (1 - rate) for the probabilities of a row that stay, 0 for the dropped ones.  Word s of a row of keys,
// rows filled up to whole Philox blocks, so that the blocks of scores begin with one.
template <class T>
KERNEL_INLINE void draw_row(const Attention<T>& a, const PhiloxKeys& keys, const Block& b, int64_t row,
                            T* factors) {
  constexpr int64_t kWords = kPhiloxVectors * kVectorBytes / 4;
  const int64_t query = (b.batch * a.heads + b.head) * a.queries + b.query + row;
  const int64_t start = query * ((a.keys + 3) / 4) + b.key / 4;
  for (int64_t i = 0; i < b.columns; i += kWords) {
    WideWords wide[kPhiloxVectors];
    philox_words(keys, static_cast<uint64_t>(start + i / 4), wide);
    uint32_t words[kWords];
    __builtin_memcpy(words, wide, sizeof(words));
    for (int64_t j = 0; j < kWords && i + j < kKeyBlock; ++j)
      factors[i + j] = words[j] <= a.last_kept ? T{1} / a.divisor : T{0};
  }
}

template <class T>
KERNEL_INLINE void scale_row(T* row, int64_t n, T factor) {
  map_row(row, row, n, [=](Vec<T> v) { return v * factor; });
}

template <class T>
KERNEL_INLINE void zero_row(T* row, int64_t n) {
  for (int64_t i = 0; i < n; ++i) row[i] = T{};
}

// The sums so far of a block of queries: every softmax's largest score and the sum of its exponentials.
template <class T>
struct Running {
  T largest[kQueryBlock];
  double total[kQueryBlock];
};

// Scores to exponentials; what was summed up with a smaller largest score is scaled down to the new one.
template <class T>
KERNEL_INLINE void exponentials(const Attention<T>& a, const PhiloxKeys& keys, const Block& b, T* scores,
                                Running<T>& running, T* y) {
  const T lowest = -static_cast<T>(__builtin_inf());
  for (int64_t row = b.first; row < b.rows; ++row) {
    T* const s = scores + row * kKeyBlock;
    const int64_t count = seen_keys(a, b, row);
    const T seen = weigh_row(a, b, row, s, count), before = running.largest[row];
    const T largest = seen > before ? seen : before;
    const T base = largest == lowest ? T{0} : largest;  // all masked so far: exponentials are zero
    Vec<T> sum{};
    for (int64_t i = 0; i < count; i += kLanes<T>) {
      const Vec<T> e = keep_lanes<T>(exp(load(s + i) - base), count - i < kLanes<T> ? count - i : kLanes<T>);
      store(s + i, e);
      sum += e;
    }
    for (int64_t i = blocks_of(count, kLanes<T>) * kLanes<T>; i < b.columns; i += kLanes<T>)
      store(s + i, Vec<T>{});
    const T shrink = exp(Vec<T>{} + (before - base))[0];
    running.largest[row] = largest;
    running.total[row] =
        running.total[row] * static_cast<double>(shrink) + static_cast<double>(sum_lanes<T>(sum));
    if (b.key > 0 && shrink != T{1}) scale_row(y + row * a.heads * a.value_dim, a.value_dim, shrink);
    if (a.drops) {
      T factors[kKeyBlock];
      draw_row(a, keys, b, row, factors);
      map_row(s, factors, s, count, [](Vec<T> p, Vec<T> factor) { return p * factor; });
    }
  }
}

template <Isa I, class T>
KERNEL_INLINE void attend(const Attention<T>& a, const PhiloxKeys& keys, int64_t head, int64_t query_block,
                          T* y, T* log_total) {
  T* const scores = static_cast<T*>(thread_scratch(sizeof(T) * kQueryBlock * kKeyBlock, kScoreSlot));
  Running<T> running;
  for (int64_t row = 0; row < kQueryBlock; ++row) {
    running.largest[row] = -static_cast<T>(__builtin_inf());
    running.total[row] = 0;
  }
  const int64_t step = a.heads * a.value_dim;
  T* y_rows = nullptr;
  Block b = block_at(a, head, query_block, 0);
  for (int64_t key_block = 0; b.first < b.rows;) {
    y_rows = rows_of(a, b, y, a.queries, b.query, a.value_dim);
    products<I>(a, b, a.query, a.key, a.dim, scores);
    exponentials(a, keys, b, scores, running, y_rows);
    gemm_cpu<I>(Gemm<T>{b.rows - b.first, a.value_dim, b.columns, scores + b.first * kKeyBlock, kKeyBlock,
                        false, rows_of(a, b, a.value, a.keys, b.key, a.value_dim), step, false,
                        y_rows + b.first * step, step, key_block > 0});
    if (++key_block * kKeyBlock >= a.keys) break;
    b = block_at(a, head, query_block, key_block);
  }
  for (int64_t row = 0; row < b.rows; ++row) {
    const double total = running.total[row];
    scale_row(y_rows + row * step, a.value_dim, total == 0 ? T{0} : static_cast<T>(1 / total));
    // without any key: infinity, which makes its probabilities zero again
    log_total[head * a.queries + b.query + row] =
        total == 0 ? static_cast<T>(__builtin_inf())
                   : running.largest[row] + log(Vec<T>{} + static_cast<T>(total))[0];
  }
}

// What the gradient's kernels read.
template <class T>
struct Slopes {
  const Attention<T>& a;
  const PhiloxKeys& keys;
  const T* log_total;  // of each softmax
  const T* dot;        // of each row of y with its dy: the sum of P dP
  const T* dy;
  T *dquery, *dkey, *dvalue, *dscore;
};

// scores: dropped probabilities P; slopes: scale dscore, where dscore = P (dP - dot).
template <Isa I, class T>
KERNEL_INLINE void slopes_of_block(const Slopes<T>& g, const Block& b, T* scores, T* slopes) {
  const Attention<T>& a = g.a;
  products<I>(a, b, a.query, a.key, a.dim, scores);
  products<I>(a, b, g.dy, a.value, a.value_dim, slopes);
  for (int64_t row = b.first; row < b.rows; ++row) {
    T* const s = scores + row * kKeyBlock;
    T* const d = slopes + row * kKeyBlock;
    const int64_t count = seen_keys(a, b, row), at = (b.batch * a.heads + b.head) * a.queries + b.query + row;
    weigh_row(a, b, row, s, count);
    T factors[kKeyBlock];
    if (a.drops) draw_row(a, g.keys, b, row, factors);
    T* const dscore = g.dscore != nullptr ? g.dscore + at * a.keys + b.key : nullptr;
    const T log_total = g.log_total[at], dot = g.dot[at];
    for (int64_t i = 0; i < count; i += kLanes<T>) {
      const int64_t lanes = count - i < kLanes<T> ? count - i : kLanes<T>;
      const Vec<T> factor = a.drops ? load(factors + i) : splat<Vec<T>>(1);
      const Vec<T> p = keep_lanes<T>(exp(load(s + i) - log_total), lanes);
      const Vec<T> ds = p * keep_lanes<T>(load(d + i) * factor - dot, lanes);
      if (dscore != nullptr) store_partial(dscore + i, ds, lanes);
      store(s + i, p * factor);
      store(d + i, ds * a.scale);
    }
    for (int64_t i = blocks_of(count, kLanes<T>) * kLanes<T>; i < b.columns; i += kLanes<T>) {
      store(s + i, Vec<T>{});
      store(d + i, Vec<T>{});
    }
  }
}

// to (+)= the block of scores, or its transpose, times rows of `x`.
template <Isa I, class T>
KERNEL_INLINE void add_product(const Block& b, const T* scores, bool transposed, const T* x, T* to,
                               int64_t size, int64_t step, bool accumulate) {
  const int64_t rows = b.rows - b.first;
  gemm_cpu<I>(Gemm<T>{transposed ? b.columns : rows, size, transposed ? rows : b.columns,
                      scores + b.first * kKeyBlock, kKeyBlock, transposed, x, step, false, to, step,
                      accumulate});
}

template <Isa I, class T>
KERNEL_INLINE void add_gradients(const Slopes<T>& g, const Block& b, bool of_query, bool of_key,
                                 bool first_queries) {
  const Attention<T>& a = g.a;
  constexpr size_t kBytes = sizeof(T) * kQueryBlock * kKeyBlock;
  T* const scores = static_cast<T*>(thread_scratch(kBytes, kScoreSlot));
  T* const slopes = static_cast<T*>(thread_scratch(kBytes, kSlopeSlot));
  slopes_of_block<I>(g, b, scores, slopes);
  const int64_t query = b.query + b.first, step = a.heads * a.dim, value_step = a.heads * a.value_dim;
  if (of_query)
    add_product<I>(b, slopes, false, rows_of(a, b, a.key, a.keys, b.key, a.dim),
                   rows_of(a, b, g.dquery, a.queries, query, a.dim), a.dim, step, b.key > 0);
  if (of_key && g.dkey != nullptr)
    add_product<I>(b, slopes, true, rows_of(a, b, a.query, a.queries, query, a.dim),
                   rows_of(a, b, g.dkey, a.keys, b.key, a.dim), a.dim, step, !first_queries);
  if (of_key && g.dvalue != nullptr)
    add_product<I>(b, scores, true, rows_of(a, b, g.dy, a.queries, query, a.value_dim),
                   rows_of(a, b, g.dvalue, a.keys, b.key, a.value_dim), a.value_dim, value_step,
                   !first_queries);
}

// The gradients of a block of keys, and its part of those of the queries.
template <Isa I, class T>
KERNEL_INLINE void gradients_of_keys(const Slopes<T>& g, int64_t head, int64_t key_block, bool of_query) {
  const Attention<T>& a = g.a;
  bool first = true;
  for (int64_t i = 0; i * kQueryBlock < a.queries; ++i) {
    const Block b = block_at(a, head, i, key_block);
    if (b.first == b.rows) continue;
    add_gradients<I>(g, b, of_query, true, first);
    first = false;
  }
  if (!first) return;
  const Block b = block_at(a, head, 0, key_block);  // keys that no query sees
  for (int64_t s = b.key; s < b.key + b.columns; ++s) {
    if (g.dkey != nullptr) zero_row(rows_of(a, b, g.dkey, a.keys, s, a.dim), a.dim);
    if (g.dvalue != nullptr) zero_row(rows_of(a, b, g.dvalue, a.keys, s, a.value_dim), a.value_dim);
  }
}

}  // namespace

template <Isa I, class T>
void dot_product_attention_cpu(const Attention<T>& a, T* y, T* log_total) {
  const PhiloxKeys keys = philox_keys(a.random.key);
  const int64_t query_blocks = blocks_of(a.queries, kQueryBlock);
  parallel_chunks(a.batch * a.heads * query_blocks, [&](int64_t task) {
    attend<I>(a, keys, task / query_blocks, task % query_blocks, y, log_total);
  });
}

template <Isa I, class T>
void dot_product_attention_grad_cpu(const Attention<T>& a, const T* y, const T* log_total, const T* dy,
                                    T* dquery, T* dkey, T* dvalue, T* dscore) {
  const int64_t heads = a.batch * a.heads, key_blocks = blocks_of(a.keys, kKeyBlock),
                query_blocks = blocks_of(a.queries, kQueryBlock), size = a.value_dim;
  // 1. sum over s of P dP = y . dy
  const Workspace<T> dot(heads * a.queries);
  parallel_range(a.batch * a.queries, rows_per_chunk(a.heads * size), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t h = 0; h < a.heads; ++h) {
        const T* const left = y + (i * a.heads + h) * size;
        const T* const right = dy + (i * a.heads + h) * size;
        dot.data()[(i / a.queries * a.heads + h) * a.queries + i % a.queries] =
            static_cast<T>(row_sum<T>(size, [=](int64_t at, int64_t count) {
              return load_lanes(left + at, count) * load_lanes(right + at, count);
            }));
      }
  });
  // 2. blocks of probabilities again: once when every head is a task of its own, else once for the keys and
  // once for the queries, so that no two tasks add to the same rows
  const PhiloxKeys keys = philox_keys(a.random.key);
  const Slopes<T> g{a, keys, log_total, dot.data(), dy, dquery, dkey, dvalue, dscore};
  if (heads >= kManyHeads) {
    parallel_chunks(heads, [&](int64_t head) {
      for (int64_t j = 0; j < key_blocks; ++j) gradients_of_keys<I>(g, head, j, dquery != nullptr);
    });
    return;
  }
  if (dkey != nullptr || dvalue != nullptr)
    parallel_chunks(heads * key_blocks, [&](int64_t task) {
      gradients_of_keys<I>(g, task / key_blocks, task % key_blocks, false);
    });
  if (dquery == nullptr) return;
  parallel_chunks(heads * query_blocks, [&](int64_t task) {
    for (int64_t j = 0; j < key_blocks; ++j) {
      const Block b = block_at(a, task / query_blocks, task % query_blocks, j);
      if (b.first < b.rows) add_gradients<I>(g, b, true, false, false);
    }
  });
}

template void dot_product_attention_cpu<kIsa, float>(const Attention<float>&, float*, float*);
template void dot_product_attention_cpu<kIsa, double>(const Attention<double>&, double*, double*);
template void dot_product_attention_grad_cpu<kIsa, float>(const Attention<float>&, const float*, const float*,
                                                          const float*, float*, float*, float*, float*);
template void dot_product_attention_grad_cpu<kIsa, double>(const Attention<double>&, const double*,
                                                           const double*, const double*, double*, double*,
                                                           double*, double*);

}  // namespace afina
