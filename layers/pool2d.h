// What max and average pooling share: the geometry of a window that covers one channel at a time.
#pragma once

#include <string>
#include <string_view>

#include "layers/window.h"

namespace longhand {

// Pooling of x (N x C x H x W) to y (N x C x OH x OW). Output (oh, ow) covers the rows
// oh * stride_h - padding_top + kh and the columns ow * stride_w - padding_left + kw of x.
struct Pool2dGeometry {
  Shape x, y;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int padding_top = 0, padding_left = 0;
  bool count_padding = true;  // average pooling only: divide by the whole window's size

  // The same for the images [begin, end) of the batch alone.
  Pool2dGeometry images(std::int64_t begin, std::int64_t end) const;
};

// Throws ValueError for an option out of range. Padding must be smaller than the kernel on every
// side: a window then always holds at least one real element.
void require_valid_pool(const Window& window, std::string_view layer);

Pool2dGeometry pool2d_geometry(const Shape& x, const Window& window, std::string_view layer);

// " 2x2, stride 2x2", what comes after the layer's name in describe()
std::string describe_pool(const Window& window);

}  // namespace longhand
