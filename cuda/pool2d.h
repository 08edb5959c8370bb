// What the kernels of max and average pooling share.
#pragma once

#include <algorithm>

#include "cuda/launch.h"
#include "layers/pool2d.h"

namespace longhand::cuda {

// The windows in which element (ih, iw) of x lies, as ranges of outputs: those oh with
//   oh * stride_h - padding_top <= ih < oh * stride_h - padding_top + kernel_h
// and the ow likewise. There may be none, where the stride is above the kernel.
struct Pool2dWindows {
  __device__ Pool2dWindows(const Pool2dGeometry& g, int ih, int iw) {
    const int h = ih + g.padding_top, w = iw + g.padding_left;
    oh_begin = h < g.kernel_h ? 0 : (h - g.kernel_h) / g.stride_h + 1;
    ow_begin = w < g.kernel_w ? 0 : (w - g.kernel_w) / g.stride_w + 1;
    oh_end = std::min(h / g.stride_h + 1, g.y.h);
    ow_end = std::min(w / g.stride_w + 1, g.y.w);
  }
  int oh_begin, oh_end, ow_begin, ow_end;
};

}  // namespace longhand::cuda
