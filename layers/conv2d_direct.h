// The innermost part of implicit gemm where there are many output channels: conv2d_implicit.cpp and
// conv2d_implicit_data.cpp call it, each with its own planes and weights.
#pragma once

#include <cstdint>

#include "core/gemm_blocks.h"
#include "core/real.h"

namespace longhand::fast::implicit {

// How many numbers the packed weights of a convolution with `k` elements a kernel, all input
// channels, and `channels` output channels take.
std::int64_t packed_weights_size(int k, int channels);

// Packs elements [k0, k0 + count) of k of all output channels: w[l, co] is w[co * stride + l].
void pack_weights(const Tiling& tiling, const real* w, std::int64_t stride, int k, int k0,
                  int count, int channels, real* packed);

// `tiling` is that of the longest line of a picture, the same for weights and sums:
// y^T [place, co] = sum over l of pictures [l, place] * w [co, l], for the places of `rows` lines
// of each picture; `sums` is y^T, channels side by side.
void direct(const Tiling& tiling, const Pictures& pictures, int rows, int k, int channels,
            const real* packed, real* sums, const real* target, std::int64_t target_stride);

}  // namespace longhand::fast::implicit
