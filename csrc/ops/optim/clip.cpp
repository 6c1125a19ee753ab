#include "ops/optim/clip.h"

#include <cmath>

namespace afina {

// One double a piece: the sum of its squares.
template <Isa, class T>
void squared_sums_cpu(UpdateTasks<T> work, double* sums);
// One factor a piece.
template <Isa, class T>
void scale_pieces_cpu(UpdateTasks<T> work, const T* factors);
template <Isa, class T>
void clip_pieces_cpu(UpdateTasks<T> work, T limit);

template <class T>
void squared_sums_cuda(const UpdateTensors<T>& work, double* norms, Stream& stream);
template <class T>
void scale_tensors_cuda(const UpdateTensors<T>& work, const double* factors, Stream& stream);
template <class T>
void clip_tensors_cuda(const UpdateTensors<T>& work, T limit, Stream& stream);

namespace {

void check_limit(const char* op, double clip) {
  if (!(std::isfinite(clip) && clip > 0))
    fail<ArgumentError>(op, "clip must be positive and finite, got ", clip);
}

int64_t pieces_of(const Tensor& tensor) { return (tensor.size() + kPieceSize - 1) / kPieceSize; }

// The sum of squares of each tensor.
std::vector<double> squared_norms(const Tensors& tensors) {
  std::vector<double> norms(tensors.size(), 0.0);
  update_lists(
      tensors, tensors, {},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        std::vector<double> sums(plan.pieces().size());
        squared_sums_cpu<I>(plan.tasks(), sums.data());
        size_t piece = 0;
        for (size_t i = 0; i < tensors.size(); ++i)
          if (tensors[i].dtype() == kDTypeOf<T>)
            for (int64_t k = pieces_of(tensors[i]); k > 0; --k) norms[i] += sums[piece++];
      },
      [&]<class T>(const auto& work, auto& stream) { squared_sums_cuda<T>(work, norms.data(), stream); });
  return norms;
}

// tensors[i] *= factors[i]; a factor of 1 leaves the tensor alone.
void scale_tensors(const Tensors& tensors, const std::vector<double>& factors) {
  Tensors scaled;
  std::vector<double> kept;
  for (size_t i = 0; i < tensors.size(); ++i)
    if (factors[i] != 1) {
      scaled.push_back(tensors[i]);
      kept.push_back(factors[i]);
    }
  update_lists(
      scaled, scaled, {},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        std::vector<T> by_piece;
        by_piece.reserve(plan.pieces().size());
        for (size_t i = 0; i < scaled.size(); ++i)
          if (scaled[i].dtype() == kDTypeOf<T>)
            by_piece.insert(by_piece.end(), static_cast<size_t>(pieces_of(scaled[i])),
                            static_cast<T>(kept[i]));
        scale_pieces_cpu<I>(plan.tasks(), by_piece.data());
      },
      [&]<class T>(const auto& work, auto& stream) { scale_tensors_cuda<T>(work, kept.data(), stream); });
}

double clip_factor(double norm, double clip) {
  return std::isfinite(norm) && norm > clip ? clip / norm : 1.0;
}

double total_norm(const std::vector<double>& squares) {
  double total = 0;
  for (const double square : squares) total += square;
  return std::sqrt(total);
}

}  // namespace

double global_norm(const Tensors& tensors) {
  check_lists("global_norm", {{"tensors", &tensors, false}});
  return total_norm(squared_norms(tensors));
}

void clip_by_value(const Tensors& grads, double clip) {
  check_limit("clip_by_value", clip);
  check_lists("clip_by_value", {{"grads", &grads, true}});
  update_lists(
      grads, grads, {},
      [&]<Isa I, class T>(const UpdatePlan<T>& plan) {
        clip_pieces_cpu<I>(plan.tasks(), static_cast<T>(clip));
      },
      [&]<class T>(const auto& work, auto& stream) {
        clip_tensors_cuda(work, static_cast<T>(clip), stream);
      });
}

void clip_by_norm(const Tensors& grads, double clip) {
  check_limit("clip_by_norm", clip);
  check_lists("clip_by_norm", {{"grads", &grads, true}});
  std::vector<double> factors = squared_norms(grads);
  for (double& factor : factors) factor = clip_factor(std::sqrt(factor), clip);
  scale_tensors(grads, factors);
}

double clip_by_global_norm(const Tensors& grads, double clip) {
  check_limit("clip_by_global_norm", clip);
  check_lists("clip_by_global_norm", {{"grads", &grads, true}});
  const double norm = total_norm(squared_norms(grads));
  scale_tensors(grads, std::vector<double>(grads.size(), clip_factor(norm, clip)));
  return norm;
}

}  // namespace afina
