// What max and average pooling share: the geometry of a window that covers one channel at a time.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "core/layout.h"
#include "core/real.h"
#include "layers/window.h"

namespace longhand {

// Pooling of x (N x C x H x W) to y (N x C x OH x OW). Output (oh, ow) covers the rows
// oh * stride_h - padding_top + kh and the columns ow * stride_w - padding_left + kw of x.
struct Pool2dGeometry {
  Shape x, y;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int padding_top = 0, padding_left = 0;
  bool count_padding = true;     // average pooling only: divide by the whole window's size
  Layout layout = Layout::nchw;  // of x and y in memory; the reference loops know no other
};

// Throws ValueError for an option out of range. Padding must be smaller than the kernel on every
// side: a window then always holds at least one real element.
void require_valid_pool(const Window& window, std::string_view layer);

Pool2dGeometry pool2d_geometry(const Shape& x, const Window& window, std::string_view layer);

// The same for one block of 16 images in Layout::lanes.
Pool2dGeometry pool2d_block_geometry(const Pool2dGeometry& g);

// The part of the window of output (oh, ow) that lies inside the image.
struct Pool2dPart {
  constexpr Pool2dPart(const Pool2dGeometry& g, int oh, int ow) {
    const int h0 = oh * g.stride_h - g.padding_top;
    const int w0 = ow * g.stride_w - g.padding_left;
    h_begin = std::max(h0, 0), h_end = std::min(h0 + g.kernel_h, g.x.h);
    w_begin = std::max(w0, 0), w_end = std::min(w0 + g.kernel_w, g.x.w);
    size = static_cast<real>(g.count_padding ? g.kernel_h * g.kernel_w
                                             : (h_end - h_begin) * (w_end - w_begin));
  }
  int h_begin, h_end, w_begin, w_end;
  real size;  // average pooling only: what the sum is divided by
};

// " 2x2, stride 2x2", what comes after the layer's name in describe()
std::string describe_pool(const Window& window);

}  // namespace longhand
