#include "cuda/gemm/tiles.h"
#include "cuda/math.h"
#include "cuda/rows.h"
#include "ops/attention/attention.h"

// The scores of as many heads as fit into kMostScores are written down at a time: tiled products before and
// behind, and a team of threads for each row between.
namespace afina {
namespace {

constexpr const char* kName = "dot_product_attention";
constexpr int64_t kMostScores = int64_t{1} << 22;  // 16 MB of float32, which the L2 cache keeps

// ---- the operands of the products; problem z is head first + z

// (batch, length, heads, size)
template <class T>
struct Heads {
  T* x;
  int64_t heads, length, size, first;
  __device__ __forceinline__ T* row(int64_t z, int64_t i) const {
    const int64_t head = first + z;
    return x + ((head / heads * length + i) * heads + head % heads) * size;
  }
};

template <class T, bool kRowsAreK>  // the left operand's rows are its i, the right one's its p
struct HeadRows {
  static constexpr bool kAlongK = !kRowsAreK;
  Heads<const T> x;
  __device__ __forceinline__ T operator()(int64_t z, int64_t row, int64_t column) const {
    return x.row(z, row)[column];
  }
};
template <class T>
struct HeadRowsTurned {
  static constexpr bool kAlongK = true;
  Heads<const T> x;
  __device__ __forceinline__ T operator()(int64_t z, int64_t p, int64_t j) const { return x.row(z, j)[p]; }
};
template <class T>
struct StoreHeadRows {
  Heads<T> x;
  __device__ __forceinline__ void operator()(int64_t z, int64_t i, int64_t j, T sum) const {
    x.row(z, i)[j] = sum;
  }
};

// (problems, queries, keys)
template <class T, bool kTurned>
struct Scores {
  static constexpr bool kAlongK = !kTurned;
  const T* scores;
  int64_t queries, keys;
  __device__ __forceinline__ T operator()(int64_t z, int64_t i, int64_t p) const {
    return scores[(z * queries + (kTurned ? p : i)) * keys + (kTurned ? i : p)];
  }
};

// ---- a row of scores

template <class T>
struct ScoreRow {
  const Attention<T>& a;
  int64_t number;  // of (batch, heads, queries)
  int64_t batch, head, query, seen;
  const T* bias;
  const uint8_t* mask;

  __device__ ScoreRow(const Attention<T>& attention, int64_t row)
      : a(attention),
        number(row),
        batch(row / a.queries / a.heads),
        head(row / a.queries % a.heads),
        query(row % a.queries),
        seen(a.causal && query + 1 < a.keys ? query + 1 : a.keys),
        bias(a.bias != nullptr ? a.bias + at(a.bias_steps) : nullptr),
        mask(a.mask != nullptr ? a.mask + at(a.mask_steps) : nullptr) {}

  __device__ int64_t at(const ScoreSteps& s) const {
    return batch * s.batch + head * s.head + query * s.query;
  }
  // Of y or dy (batch, queries, heads, value_dim).
  __device__ int64_t values_at() const {
    return ((batch * a.queries + query) * a.heads + head) * a.value_dim;
  }
  __device__ T weighed(int64_t i, T product) const {
    if (mask != nullptr && mask[i] == 0) return -static_cast<T>(__builtin_inf());
    const T scaled = product * a.scale;
    return bias != nullptr ? scaled + bias[i] : scaled;
  }
  // What dropout multiplies probability i by; rows of keys are filled up to whole Philox blocks.
  __device__ T kept(int64_t i) const {
    constexpr int64_t kWords = 4;
    if (!a.drops) return T{1};
    const int64_t block = number * ((a.keys + kWords - 1) / kWords) + i / kWords;
    return philox(a.random.read(), static_cast<uint64_t>(block)).word[i % kWords] <= a.last_kept
               ? T{1} / a.divisor
               : T{0};
  }
};

// Products of queries and keys to dropped probabilities.  Without a key that is seen log_total is infinite,
// which makes the probabilities zero again in the gradient.
template <class Team, class T>
__global__ void __launch_bounds__(kThreads)
    attend(Attention<T> a, int64_t first, int64_t rows, T* scores, T* log_total) {
  const T infinity = static_cast<T>(__builtin_inf());
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const ScoreRow<T> row(a, first * a.queries + r);
    T* const s = scores + r * a.keys;
    for_row<Team>(row.seen, [&](int64_t i) { s[i] = row.weighed(i, s[i]); });
    const T largest = row_max<Team>(s, row.seen), base = largest == -infinity ? T{0} : largest;
    const double total = row_sum<Team>(row.seen, [&](int64_t i) { return s[i] = exp(s[i] - base); });
    const T scale = total == 0 ? T{0} : static_cast<T>(1 / total);
    for_row<Team>(a.keys, [&](int64_t i) { s[i] = i < row.seen ? s[i] * scale * row.kept(i) : T{0}; });
    if (Team::rank() == 0) log_total[row.number] = total == 0 ? infinity : base + log(static_cast<T>(total));
  }
}

// scores: products to dropped probabilities P; slopes: dP to scale dscore, where dscore = P (dP - sum P dP)
// and the sum is y . dy.
template <class Team, class T>
__global__ void __launch_bounds__(kThreads)
    attend_back(Attention<T> a, int64_t first, int64_t rows, const T* y, const T* dy, const T* log_total,
                T* scores, T* slopes, T* dscore) {
  for (int64_t r = Team::first_row(); r < rows; r += Team::row_step()) {
    const ScoreRow<T> row(a, first * a.queries + r);
    const T *const own_y = y + row.values_at(), *const own_dy = dy + row.values_at();
    const T dot = static_cast<T>(row_sum<Team>(a.value_dim, [&](int64_t i) { return own_y[i] * own_dy[i]; }));
    for_row<Team>(a.keys, [&](int64_t i) {
      T &s = scores[r * a.keys + i], &d = slopes[r * a.keys + i];
      const bool sees = i < row.seen;
      const T p = sees ? exp(row.weighed(i, s) - log_total[row.number]) : T{0};
      const T kept = sees ? row.kept(i) : T{0}, ds = sees ? p * (d * kept - dot) : T{0};
      if (sees && dscore != nullptr) dscore[row.number * a.keys + i] = ds;
      s = p * kept;
      d = ds * a.scale;
    });
  }
}

// run(first, count) for the heads, in groups whose scores fit.
template <class T, class Run>
void each_group(const Attention<T>& a, const Run& run) {
  const int64_t scores = a.queries * a.keys, heads = a.batch * a.heads;
  const int64_t fitting = kMostScores / (scores > 0 ? scores : 1), group = fitting > 0 ? fitting : 1;
  for (int64_t first = 0; first < heads; first += group)
    run(first, first + group < heads ? group : heads - first);
}

template <class T>
int64_t scores_of_a_group(const Attention<T>& a) {
  const int64_t all = a.batch * a.heads * a.queries * a.keys, one = a.queries * a.keys;
  const int64_t most = one > kMostScores ? one : kMostScores;
  return all < most ? all : most;
}

}  // namespace

template <class T>
void dot_product_attention_cuda(const Attention<T>& a, T* y, T* log_total, Stream& stream) {
  const Workspace<T> scores(scores_of_a_group(a), stream);
  each_group(a, [&](int64_t first, int64_t count) {
    const Heads<const T> query{a.query, a.heads, a.queries, a.dim, first},
        key{a.key, a.heads, a.keys, a.dim, first}, value{a.value, a.heads, a.keys, a.value_dim, first};
    multiply<T>(kName, HeadRows<T, false>{query}, HeadRowsTurned<T>{key},
                StorePart<T>{scores.data(), a.queries, a.keys}, {count, a.queries, a.keys, a.dim}, stream);
    with_team(count * a.queries, a.keys, [&]<class Team>(unsigned blocks) {
      launch_kernel(kName, stream, {blocks, kThreads}, attend<Team, T>, a, first, count * a.queries,
                    scores.data(), log_total);
    });
    multiply<T>(kName, Scores<T, false>{scores.data(), a.queries, a.keys}, HeadRows<T, true>{value},
                StoreHeadRows<T>{{y, a.heads, a.queries, a.value_dim, first}},
                {count, a.queries, a.value_dim, a.keys}, stream);
  });
}

template <class T>
void dot_product_attention_grad_cuda(const Attention<T>& a, const T* y, const T* log_total, const T* dy,
                                     T* dquery, T* dkey, T* dvalue, T* dscore, Stream& stream) {
  const Workspace<T> scores(scores_of_a_group(a), stream), slopes(scores_of_a_group(a), stream);
  each_group(a, [&](int64_t first, int64_t count) {
    const Heads<const T> query{a.query, a.heads, a.queries, a.dim, first},
        key{a.key, a.heads, a.keys, a.dim, first}, value{a.value, a.heads, a.keys, a.value_dim, first},
        slope{dy, a.heads, a.queries, a.value_dim, first};
    // 1. P and dscore
    multiply<T>(kName, HeadRows<T, false>{query}, HeadRowsTurned<T>{key},
                StorePart<T>{scores.data(), a.queries, a.keys}, {count, a.queries, a.keys, a.dim}, stream);
    multiply<T>(kName, HeadRows<T, false>{slope}, HeadRowsTurned<T>{value},
                StorePart<T>{slopes.data(), a.queries, a.keys}, {count, a.queries, a.keys, a.value_dim},
                stream);
    with_team(count * a.queries, a.keys, [&]<class Team>(unsigned blocks) {
      launch_kernel(kName, stream, {blocks, kThreads}, attend_back<Team, T>, a, first, count * a.queries, y,
                    dy, log_total, scores.data(), slopes.data(), dscore);
    });
    // 2. what they meet
    const Scores<T, true> turned{slopes.data(), a.queries, a.keys},
        probabilities{scores.data(), a.queries, a.keys};
    if (dquery != nullptr)
      multiply<T>(kName, Scores<T, false>{slopes.data(), a.queries, a.keys}, HeadRows<T, true>{key},
                  StoreHeadRows<T>{{dquery, a.heads, a.queries, a.dim, first}},
                  {count, a.queries, a.dim, a.keys}, stream);
    if (dkey != nullptr)
      multiply<T>(kName, turned, HeadRows<T, true>{query},
                  StoreHeadRows<T>{{dkey, a.heads, a.keys, a.dim, first}}, {count, a.keys, a.dim, a.queries},
                  stream);
    if (dvalue != nullptr)
      multiply<T>(kName, probabilities, HeadRows<T, true>{slope},
                  StoreHeadRows<T>{{dvalue, a.heads, a.keys, a.value_dim, first}},
                  {count, a.keys, a.value_dim, a.queries}, stream);
  });
}

template void dot_product_attention_cuda(const Attention<float>&, float*, float*, Stream&);
template void dot_product_attention_cuda(const Attention<double>&, double*, double*, Stream&);
template void dot_product_attention_grad_cuda(const Attention<float>&, const float*, const float*,
                                              const float*, float*, float*, float*, float*, Stream&);
template void dot_product_attention_grad_cuda(const Attention<double>&, const double*, const double*,
                                              const double*, double*, double*, double*, double*, Stream&);

}  // namespace afina
