#include "layers/max_pool2d.h"

#include <algorithm>
#include <cmath>

namespace longhand {

namespace ref {

void max_pool2d_forward(const Pool2dGeometry& g, const real* x, real* y, std::int32_t* argmax) {
  for (int n = 0; n < g.y.n; ++n) {
    for (int c = 0; c < g.y.c; ++c) {
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          // The part of the window inside the image; never empty, as padding < kernel.
          const int h0 = oh * g.stride_h - g.padding_top;
          const int w0 = ow * g.stride_w - g.padding_left;
          const int h_begin = std::max(h0, 0), h_end = std::min(h0 + g.kernel_h, g.x.h);
          const int w_begin = std::max(w0, 0), w_end = std::min(w0 + g.kernel_w, g.x.w);
          std::int32_t winner = h_begin * g.x.w + w_begin;
          real largest = x[at(g.x, n, c, h_begin, w_begin)];
          for (int ih = h_begin; ih < h_end; ++ih) {
            for (int iw = w_begin; iw < w_end; ++iw) {
              const real value = x[at(g.x, n, c, ih, iw)];
              if (value > largest || (std::isnan(value) && !std::isnan(largest))) {
                largest = value;
                winner = ih * g.x.w + iw;
              }
            }
          }
          y[at(g.y, n, c, oh, ow)] = largest;
          argmax[at(g.y, n, c, oh, ow)] = winner;
        }
      }
    }
  }
}

void max_pool2d_backward(const Pool2dGeometry& g, const real* dy, const std::int32_t* argmax,
                         real* dx) {
  std::fill_n(dx, g.x.size(), real(0));
  for (int n = 0; n < g.y.n; ++n) {
    for (int c = 0; c < g.y.c; ++c) {
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          const std::int32_t winner = argmax[at(g.y, n, c, oh, ow)];
          // += because windows that overlap may share their winner
          dx[at(g.x, n, c, winner / g.x.w, winner % g.x.w)] += dy[at(g.y, n, c, oh, ow)];
        }
      }
    }
  }
}

}  // namespace ref

MaxPool2d::MaxPool2d(Size2 kernel, Size2 stride, const Padding& padding)
    : window_{kernel, stride, padding} {
  require_valid_pool(window_, "max_pool2d");
}

std::string MaxPool2d::describe() const {
  return "max_pool2d" + describe_pool(window_);
}

Pool2dGeometry MaxPool2d::geometry(const Shape& x) const {
  return pool2d_geometry(x, window_, "max_pool2d");
}

Shape MaxPool2d::output_shape(const Shape& x) const {
  return geometry(x).y;
}

const Tensor& MaxPool2d::forward(const Tensor& x) {
  begin_forward(x);
  Pool2dGeometry g = geometry(x.shape());
  g.layout = x.layout();
  argmax_.resize(y_.stored());
  switch (device()) {
    case Device::reference:
      ref::max_pool2d_forward(g, x.data(), y_.data(), argmax_.data());
      break;
    case Device::cpu:
      fast::max_pool2d_forward(g, x.data(), y_.data(), argmax_.data());
      break;
    case Device::cuda:
      cuda::max_pool2d_forward(g, x.data(), y_.data(), argmax_.data());
      break;
  }
  return y_;
}

const Tensor& MaxPool2d::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  Pool2dGeometry g = geometry(x.shape());
  g.layout = x.layout();
  switch (device()) {
    case Device::reference:
      ref::max_pool2d_backward(g, dy.data(), argmax_.data(), dx_.data());
      break;
    case Device::cpu:
      fast::max_pool2d_backward(g, dy.data(), argmax_.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::max_pool2d_backward(g, dy.data(), argmax_.data(), dx_.data());
      break;
  }
  return dx_;
}

std::int64_t MaxPool2d::activation_bytes() const {
  return Layer::activation_bytes() + argmax_.bytes();
}

std::vector<std::int32_t> MaxPool2d::argmax() const {
  Buffer<std::int32_t> winners = argmax_;
  winners.to(Memory::host);
  return {winners.data(), winners.data() + winners.size()};
}

void MaxPool2d::to(Device device) {
  Layer::to(device);
  argmax_.to(memory_of(this->device()));
}

Pool2dGeometry MaxPool2d::block_geometry(const Shape& x) const {
  return pool2d_block_geometry(geometry(x));
}

void MaxPool2d::prepare_blocks(const Shape& x) {
  argmax_.resize(stored_size(output_shape(x), Layout::lanes));
}

void MaxPool2d::forward_block(const Shape& x, int block, const real* x_block, real* y_block) {
  const Pool2dGeometry g = block_geometry(x);
  fast::max_pool2d_forward(g, x_block, y_block, argmax_.data() + block * block_size(g.y));
}

void MaxPool2d::backward_block(const Shape& x, int block, const real*, const real* dy_block,
                               real* dx_block) {
  const Pool2dGeometry g = block_geometry(x);
  fast::max_pool2d_backward(g, dy_block, argmax_.data() + block * block_size(g.y), dx_block);
}

}  // namespace longhand
