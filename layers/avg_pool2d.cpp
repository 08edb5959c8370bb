#include "layers/avg_pool2d.h"

#include <algorithm>

namespace longhand {

namespace ref {

void avg_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y) {
  for (int n = 0; n < g.y.n; ++n) {
    for (int c = 0; c < g.y.c; ++c) {
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          const Pool2dPart part(g, oh, ow);
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
          const Pool2dPart part(g, oh, ow);
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
  Pool2dGeometry g = geometry(x.shape());
  g.layout = x.layout();
  switch (device()) {
    case Device::reference:
      ref::avg_pool2d_forward(g, x.data(), y_.data());
      break;
    case Device::cpu:
      fast::avg_pool2d_forward(g, x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::avg_pool2d_forward(g, x.data(), y_.data());
      break;
  }
  return y_;
}

const Tensor& AvgPool2d::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  Pool2dGeometry g = geometry(x.shape());
  g.layout = x.layout();
  switch (device()) {
    case Device::reference:
      ref::avg_pool2d_backward(g, dy.data(), dx_.data());
      break;
    case Device::cpu:
      fast::avg_pool2d_backward(g, dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::avg_pool2d_backward(g, dy.data(), dx_.data());
      break;
  }
  return dx_;
}

Pool2dGeometry AvgPool2d::block_geometry(const Shape& x) const {
  return pool2d_block_geometry(geometry(x));
}

void AvgPool2d::forward_block(const Shape& x, int, const real* x_block, real* y_block) {
  fast::avg_pool2d_forward(block_geometry(x), x_block, y_block);
}

void AvgPool2d::backward_block(const Shape& x, int, const real*, const real* dy_block,
                               real* dx_block) {
  fast::avg_pool2d_backward(block_geometry(x), dy_block, dx_block);
}

}  // namespace longhand
