#include "core/layout.h"

#include <algorithm>

#include "core/parallel.h"
#include "core/tensor.h"
#include "core/transpose.h"

namespace longhand {

std::string to_string(Layout layout) {
  return layout == Layout::nchw ? "nchw" : "lanes";
}

namespace {

// A block of lanes is the transpose of its images: [16 images][c h w] against [c h w][16 images].
void nchw_to_lanes(const Tensor& x, Tensor& y) {
  const Shape& s = x.shape();
  const int features = static_cast<int>(s.size() / s.n);
  const std::int64_t block_size = std::int64_t{features} * lane_count;
  parallel_for(
      lane_blocks(s.n), elementwise_grain / block_size + 1,
      [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t block = begin; block < end; ++block) {
          const int images = std::min<int>(lane_count, s.n - static_cast<int>(block) * lane_count);
          real* lanes = y.data() + block * block_size;
          if (images < lane_count) std::fill_n(lanes, block_size, real(0));
          transpose(images, features, x.data() + block * block_size, features, lanes, lane_count);
        }
      });
}

void lanes_to_nchw(const Tensor& x, Tensor& y) {
  const Shape& s = x.shape();
  const int features = static_cast<int>(s.size() / s.n);
  const std::int64_t block_size = std::int64_t{features} * lane_count;
  parallel_for(lane_blocks(s.n), elementwise_grain / block_size + 1,
               [&](std::int64_t begin, std::int64_t end, int) {
                 for (std::int64_t block = begin; block < end; ++block) {
                   const int images =
                       std::min<int>(lane_count, s.n - static_cast<int>(block) * lane_count);
                   transpose(features, images, x.data() + block * block_size, lane_count,
                             y.data() + block * block_size, features);
                 }
               });
}

}  // namespace

void convert(const Tensor& x, Layout layout, Tensor& y) {
  if (x.layout() == layout || x.empty()) {
    y = x;
    return;
  }
  y.resize(x.shape(), layout);
  if (layout == Layout::lanes) {
    nchw_to_lanes(x, y);
  } else {
    lanes_to_nchw(x, y);
  }
}

}  // namespace longhand
