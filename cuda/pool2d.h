// What the kernels of max and average pooling share, and those that fuse them with a convolution.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cuda/launch.h"
#include "cuda/places.h"
#include "cuda/vector.h"
#include "layers/pool2d.h"

namespace longhand::cuda {

// The geometry, and what takes the divisions out of finding one's way in it.
struct Pool2dPlan {
  explicit Pool2dPlan(const Pool2dGeometry& geometry)
      : g(geometry),
        x(geometry.x),
        y(geometry.y),
        stride_h(geometry.stride_h),
        stride_w(geometry.stride_w) {}
  Pool2dGeometry g;
  Places x, y;
  Divisor stride_h, stride_w;
};

// The windows in which element (ih, iw) of x lies, as ranges of outputs: those oh with
//   oh * stride_h - padding_top <= ih < oh * stride_h - padding_top + kernel_h
// and the ow likewise. There may be none, where the stride is above the kernel.
struct Pool2dWindows {
  __device__ Pool2dWindows(const Pool2dPlan& plan, int ih, int iw) {
    const Pool2dGeometry& g = plan.g;
    const int h = ih + g.padding_top, w = iw + g.padding_left;
    oh_begin = h < g.kernel_h ? 0 : (h - g.kernel_h) / plan.stride_h + 1;
    ow_begin = w < g.kernel_w ? 0 : (w - g.kernel_w) / plan.stride_w + 1;
    oh_end = std::min(h / plan.stride_h + 1, g.y.h);
    ow_end = std::min(w / plan.stride_w + 1, g.y.w);
  }
  int oh_begin, oh_end, ow_begin, ow_end;
};

// Where the channel of an image begins.
__device__ inline std::int64_t plane(const Shape& shape, int n, int c) {
  return at(shape, n, c, 0, 0);
}

// The largest of a window's numbers, each sent through f, and its place in the plane.
struct Pool2dLargest {
  real value;
  std::int32_t place;
};

// `x` is a plane. The window's part is never empty, as padding < kernel.
template <class F>
__device__ inline Pool2dLargest window_largest(const Pool2dGeometry& g, const Pool2dPart& part,
                                               const real* x, const F& f) {
  Pool2dLargest largest{0, part.h_begin * g.x.w + part.w_begin};
  largest.value = f(x[largest.place]);
  for (int ih = part.h_begin; ih < part.h_end; ++ih) {
    for (int iw = part.w_begin; iw < part.w_end; ++iw) {
      const real value = f(x[ih * g.x.w + iw]);
      if (value > largest.value || (std::isnan(value) && !std::isnan(largest.value))) {
        largest = {value, ih * g.x.w + iw};
      }
    }
  }
  return largest;
}

// The mean of a window's numbers, each sent through f.
template <class F>
__device__ inline real window_mean(const Pool2dGeometry& g, const Pool2dPart& part, const real* x,
                                   const F& f) {
  real sum = 0;
  for (int ih = part.h_begin; ih < part.h_end; ++ih) {
    for (int iw = part.w_begin; iw < part.w_end; ++iw) sum += f(x[ih * g.x.w + iw]);
  }
  return sum / part.size;
}

// What the windows over element (ih, iw) send back to it, in the reference's order. `dy` and
// `argmax` are planes. Of max pooling the gradients of those that it won; `won` is one of them, or
// -1.
struct Pool2dWon {
  real sum;
  std::int32_t won;
};
__device__ inline Pool2dWon sum_of_won(const Pool2dPlan& plan, int ih, int iw, const real* dy,
                                       const std::int32_t* argmax) {
  const Pool2dWindows windows(plan, ih, iw);
  Pool2dWon result{0, -1};
  for (int oh = windows.oh_begin; oh < windows.oh_end; ++oh) {
    for (int ow = windows.ow_begin; ow < windows.ow_end; ++ow) {
      const std::int32_t place = oh * plan.g.y.w + ow;
      if (argmax[place] == ih * plan.g.x.w + iw) result = {result.sum + dy[place], place};
    }
  }
  return result;
}

// Of average pooling the shares.
__device__ inline real sum_of_shares(const Pool2dPlan& plan, int ih, int iw, const real* dy) {
  const Pool2dWindows windows(plan, ih, iw);
  real sum = 0;
  for (int oh = windows.oh_begin; oh < windows.oh_end; ++oh) {
    for (int ow = windows.ow_begin; ow < windows.ow_end; ++ow) {
      const Pool2dPart part(plan.g, oh, ow);
      const real share = dy[oh * plan.g.y.w + ow] / part.size;
      sum += share;
    }
  }
  return sum;
}

// Whether every element of x lies in exactly one window. Then a thread stands at each window and
// writes all of it: dy is read once, not once for every element of the window.
inline bool is_tiled(const Pool2dGeometry& g) {
  return g.stride_h == g.kernel_h && g.stride_w == g.kernel_w && g.padding_top == 0 &&
         g.padding_left == 0 && g.x.h == g.y.h * g.kernel_h && g.x.w == g.y.w * g.kernel_w;
}

// dx[place] = f(place) for all places of the tile (oh, ow) of the plane dx. Where tiles are two
// columns wide, two numbers are stored at once.
template <class F>
__device__ inline void write_tile(const Pool2dGeometry& g, int oh, int ow, real* dx, const F& f) {
  const bool pairs = g.kernel_w == 2 && reinterpret_cast<std::uintptr_t>(dx) % sizeof(Pack<2>) == 0;
  for (int kh = 0; kh < g.kernel_h; ++kh) {
    const std::int32_t first = (oh * g.kernel_h + kh) * g.x.w + ow * g.kernel_w;
    if (pairs) {
      store(Pack<2>{{f(first), f(first + 1)}}, dx + first);
    } else {
      for (int kw = 0; kw < g.kernel_w; ++kw) dx[first + kw] = f(first + kw);
    }
  }
}

}  // namespace longhand::cuda
