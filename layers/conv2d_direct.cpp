// A tile's rows are pixels side by side and its vectors hold output channels. So the pictures are
// read where they lie, number by number, nothing of them is packed, and the weights are packed once
// for all images. What comes out has the channels side by side and must be transposed.
#include "layers/conv2d_direct.h"

#include <algorithm>

#include "core/gemm_pack.h"
#include "core/gemm_tile.h"

namespace longhand::fast::implicit {

std::int64_t packed_weights_size(int k, int channels) {
  return std::int64_t{k} * tiles().vectors_of(channels) * tiles().lanes;
}

void pack_weights(const Tiling& tiling, const real* w, std::int64_t stride, int k, int k0,
                  int count, int channels, real* packed) {
  const Tiles& t = tiles();
  for_each_panel(t, channels, tiling.vectors, [&](int co, int width, int vectors) {
    pack_panel(w + co * stride, stride, true, count, width,
               packed + std::int64_t{co} * k + std::int64_t{k0} * vectors * t.lanes);
  });
}

void direct(const Tiling& tiling, const Pictures& pictures, int rows, int k, int channels,
            const real* packed, real* sums, const real* target, std::int64_t target_stride) {
  const Tiles& t = tiles();
  for_each_panel(t, channels, tiling.vectors, [&](int co, int width, int vectors) {
    Tile tile{.depth = k,
              .a = nullptr,
              .b = packed + std::int64_t{co} * k,
              .offset = pictures.offset,
              .b_stride = vectors * t.lanes,
              .b_last = (vectors - 1) * t.lanes,
              .c = nullptr,
              .c_stride = channels,
              .c_last = width - t.lanes,
              .add = false};
    for (int row = 0; row < rows; ++row) {
      for (int i = 0; i < pictures.width; i += tiling.rows) {
        const int count = std::min(tiling.rows, pictures.width - i);
        for (int c = co; c < co + width; ++c) {
          __builtin_prefetch(target + c * target_stride + std::int64_t{row} * pictures.width + i,
                             1);
        }
        tile.a = pictures.pixels + std::int64_t{row} * pictures.pitch + i;
        tile.c = sums + (std::int64_t{row} * pictures.width + i) * channels + co;
        t.function(count, vectors, TileOrder::pictures)(&tile);
      }
    }
  });
}

}  // namespace longhand::fast::implicit
