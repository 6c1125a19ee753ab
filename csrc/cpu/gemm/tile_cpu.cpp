#include "cpu/gemm/tile_product.h"

namespace afina {
namespace {

template <class T>
constexpr TileTable<T> kTable = make_table<kIsa, T>();

}  // namespace

template <Isa I, class T>
const TileTable<T>& tile_table() {
  return kTable<T>;
}

template const TileTable<float>& tile_table<kIsa, float>();
template const TileTable<double>& tile_table<kIsa, double>();

}  // namespace afina
