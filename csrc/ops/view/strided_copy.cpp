#include "ops/view/strided_copy.h"

#include "core/launch.h"
#include "ops/view/strided_copy_kernels.h"

namespace afina {

template <Isa, class Word>
void strided_copy_cpu(const Word* source, Word* target, const StridedWalk& walk);
template <class Word>
void strided_copy_cuda(const Word* source, Word* target, const StridedWalk& walk, Stream& stream);

Strides contiguous_strides(const Shape& shape) {
  Strides strides;
  int64_t step = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides.step[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

void strided_copy(const Tensor& source, const Strides& source_strides, Tensor& target,
                  const Strides& target_strides, const Shape& sizes) {
  if (sizes.size() == 0) return;
  // Axes that both sides walk as one are merged, axes of size one dropped: fewer loops, longer inner ones.
  StridedWalk walk;
  auto& [rank, merged, from, to] = walk;
  for (int axis = 0; axis < sizes.rank(); ++axis) {
    const int64_t n = sizes[axis], s = source_strides.step[axis], t = target_strides.step[axis];
    if (n == 1) continue;
    if (rank > 0 && from[rank - 1] == s * n && to[rank - 1] == t * n) {
      merged[rank - 1] *= n;
      from[rank - 1] = s;
      to[rank - 1] = t;
    } else {
      merged[rank] = n;
      from[rank] = s;
      to[rank] = t;
      ++rank;
    }
  }
  if (rank == 0) {
    merged[0] = 1;
    from[0] = to[0] = 1;
    rank = 1;
  }
  const auto run = [&]<class Word>() {
    const int64_t first = source_strides.offset, into = target_strides.offset;
    launch(
        source.device(),
        [=]<Isa I>() { strided_copy_cpu<I>(source.data<Word>() + first, target.data<Word>() + into, walk); },
        [=](auto& stream) {
          strided_copy_cuda(source.data<Word>() + first, target.data<Word>() + into, walk, stream);
        });
  };
  switch (size_of(source.dtype())) {
    case 1: return run.operator()<uint8_t>();
    case 4: return run.operator()<uint32_t>();
    default: return run.operator()<uint64_t>();
  }
}

}  // namespace afina
