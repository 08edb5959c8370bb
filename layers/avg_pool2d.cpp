#include "layers/avg_pool2d.h"

#include <algorithm>

#include "core/parallel.h"

namespace longhand {

namespace {

// The part of the window of output (oh, ow) inside the image, and what its sum is divided by.
struct Part {
  Part(const Pool2dGeometry& g, int oh, int ow) {
    const int h0 = oh * g.stride_h - g.padding_top;
    const int w0 = ow * g.stride_w - g.padding_left;
    h_begin = std::max(h0, 0), h_end = std::min(h0 + g.kernel_h, g.x.h);
    w_begin = std::max(w0, 0), w_end = std::min(w0 + g.kernel_w, g.x.w);
    size = static_cast<real>(g.count_padding ? g.kernel_h * g.kernel_w
                                             : (h_end - h_begin) * (w_end - w_begin));
  }
  int h_begin, h_end, w_begin, w_end;
  real size;
};

}  // namespace

namespace ref {

void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y) {
  for (int n = 0; n < g.y.n; ++n) {
    for (int c = 0; c < g.y.c; ++c) {
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          const Part part(g, oh, ow);
          real sum = 0;
          for (int ih = part.h_begin; ih < part.h_end; ++ih) {
            for (int iw = part.w_begin; iw < part.w_end; ++iw) sum += x[at(g.x, n, c, ih, iw)];
          }
          y[at(g.y, n, c, oh, ow)] = sum / part.size;
        }
      }
    }
  }
}

void avg_pool2d_backward(const Pool2dGeometry& g, const real* dy, real* dx) {
  std::fill_n(dx, g.x.size(), real(0));
  for (int n = 0; n < g.y.n; ++n) {
    for (int c = 0; c < g.y.c; ++c) {
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          const Part part(g, oh, ow);
          const real share = dy[at(g.y, n, c, oh, ow)] / part.size;
          for (int ih = part.h_begin; ih < part.h_end; ++ih) {
            for (int iw = part.w_begin; iw < part.w_end; ++iw) dx[at(g.x, n, c, ih, iw)] += share;
          }
        }
      }
    }
  }
}

}  // namespace ref

AvgPool2d::AvgPool2d(Size2 kernel, Size2 stride, const Padding& padding, bool count_padding)
    : window_{kernel, stride, padding}, count_padding_(count_padding) {
  require_valid_pool(window_, "avg_pool2d");
}

std::string AvgPool2d::describe() const {
  return "avg_pool2d" + describe_pool(window_);
}

Pool2dGeometry AvgPool2d::geometry(const Shape& x) const {
  Pool2dGeometry g = pool2d_geometry(x, window_, "avg_pool2d");
  g.count_padding = count_padding_;
  return g;
}

Shape AvgPool2d::output_shape(const Shape& x) const {
  return geometry(x).y;
}

const Tensor& AvgPool2d::forward(const Tensor& x) {
  begin_forward(x);
  const Pool2dGeometry g = geometry(x.shape());
  switch (device()) {
    case Device::reference:
      ref::avg_pool2d_forward(g, x.data(), y_.data());
      break;
    case Device::cpu:
      parallel_for(g.x.n, 1, [&](std::int64_t begin, std::int64_t end, int) {
        ref::avg_pool2d_forward(g.images(begin, end), x.data() + begin * g.x.size() / g.x.n,
                                y_.data() + begin * g.y.size() / g.y.n);
      });
      break;
  }
  return y_;
}

const Tensor& AvgPool2d::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  const Pool2dGeometry g = geometry(x.shape());
  switch (device()) {
    case Device::reference:
      ref::avg_pool2d_backward(g, dy.data(), dx_.data());
      break;
    case Device::cpu:
      parallel_for(g.x.n, 1, [&](std::int64_t begin, std::int64_t end, int) {
        ref::avg_pool2d_backward(g.images(begin, end), dy.data() + begin * g.y.size() / g.y.n,
                                 dx_.data() + begin * g.x.size() / g.x.n);
      });
      break;
  }
  return dx_;
}

}  // namespace longhand
