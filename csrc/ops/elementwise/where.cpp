#include "ops/elementwise/where.h"

#include "core/launch.h"
#include "core/node.h"
#include "ops/elementwise/broadcast.h"
#include "ops/elementwise/cast.h"

namespace afina {

template <Isa, class Word>
void where_cpu(const uint8_t* condition, const Word* a, const Word* b, Word* y, const BroadcastLoop& loop);
template <class Word>
void where_cuda(const uint8_t* condition, const Word* a, const Word* b, Word* y, const BroadcastLoop& loop,
                Stream& stream);

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype())
    fail<DTypeError>("where", "the dtypes differ: ", a.dtype(), " and ", b.dtype(), "; cast one of them");
  const Tensor chosen = cast(condition, DType::boolean);
  const Shape shape =
      broadcast_shapes("where", chosen.shape(), broadcast_shapes("where", a.shape(), b.shape()));
  Tensor y = empty(shape, a.dtype(), a.device());
  const BroadcastLoop loop = broadcast_loop(shape, {&chosen.shape(), &a.shape(), &b.shape()});
  const auto run = [&]<class Word>() {
    launch(
        a.device(),
        [=]<Isa I>() {
          where_cpu<I>(chosen.data<uint8_t>(), a.data<Word>(), b.data<Word>(), y.data<Word>(), loop);
        },
        [=](auto& stream) {
          where_cuda(chosen.data<uint8_t>(), a.data<Word>(), b.data<Word>(), y.data<Word>(), loop, stream);
        });
  };
  switch (size_of(a.dtype())) {
    case 1: run.operator()<uint8_t>(); break;
    case 4: run.operator()<int32_t>(); break;
    default: run.operator()<int64_t>(); break;
  }
  return record("where", {a, b}, y,
                [chosen, sa = a.shape(), sb = b.shape()](const Tensor& dy, Needs needs) -> Gradients {
                  const Tensor zero = scalar(0, dy.dtype(), dy.device());
                  return {needs[0] ? sum_to(where(chosen, dy, zero), sa) : Tensor(),
                          needs[1] ? sum_to(where(chosen, zero, dy), sb) : Tensor()};
                });
}

}  // namespace afina
