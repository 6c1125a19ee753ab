#pragma once

#include "core/isa.h"
#include "ops/conv/conv_sizes.h"

// Convolution by a 3 x 3 kernel g at stride 1, tile by tile of 2 x 2 outputs (Winograd's minimal filtering
// F(2 x 2, 3 x 3), Lavin and Gray 2015).  A tile looks at 4 x 4 pixels d:
//
//   y = A' [(G g G') * (B' d B)] A            16 products for each channel and filter instead of 36
//   dg = G' [sum over tiles (A dy A') * (B' d B)] G
//
// and the gradient of the image is the convolution of dy by the kernel turned over.  The products of all
// tiles at one of the 16 places are one matrix product.  Only halves, sums and differences are taken: the
// result is as good as the plain sum's to about one bit.  A pixel that is not finite reaches all four
// outputs.
namespace afina {

// Does the saving in products exceed the cost of the transforms?
KERNEL_INLINE bool winograd_pays(const ConvSizes& w) {
  constexpr int64_t kFewestChannels = 32, kFewestTiles = 64;
  const auto fits = [](const WindowAxis& axis) {
    return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
  };
  return fits(w.window.rows) && fits(w.window.columns) && w.groups == 1 && w.channels >= kFewestChannels &&
         w.filters >= kFewestChannels && w.batch * w.out_h() * w.out_w() >= 4 * kFewestTiles;
}

template <Isa, class T>
void winograd_conv2d_cpu(const ConvSizes& sizes, const T* x, const T* kernel, const T* bias, bool relu, T* y);
template <Isa, class T>
void winograd_input_grad_cpu(const ConvSizes& sizes, const T* dy, const T* kernel, const T* bias, bool relu,
                             T* dx);
template <Isa, class T>
void winograd_kernel_grad_cpu(const ConvSizes& sizes, const T* x, const T* dy, T* dkernel);

}  // namespace afina
