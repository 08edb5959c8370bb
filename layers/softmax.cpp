#include "layers/softmax.h"

#include <algorithm>
#include <cmath>

#include "core/elementwise.h"

namespace longhand {

namespace ref {

void softmax_forward(const Shape& g, const real* x, real* y) {
  for (int n = 0; n < g.n; ++n) {
    for (int h = 0; h < g.h; ++h) {
      for (int w = 0; w < g.w; ++w) {
        real largest = x[at(g, n, 0, h, w)];
        for (int c = 1; c < g.c; ++c) largest = std::max(largest, x[at(g, n, c, h, w)]);
        real sum = 0;
        for (int c = 0; c < g.c; ++c) {
          const real e = std::exp(x[at(g, n, c, h, w)] - largest);
          y[at(g, n, c, h, w)] = e;
          sum += e;
        }
        for (int c = 0; c < g.c; ++c) y[at(g, n, c, h, w)] /= sum;
      }
    }
  }
}

void softmax_backward(const Shape& g, const real* y, const real* dy, real* dx) {
  for (int n = 0; n < g.n; ++n) {
    for (int h = 0; h < g.h; ++h) {
      for (int w = 0; w < g.w; ++w) {
        real mean = 0;  // of dy, weighted by the probabilities
        for (int c = 0; c < g.c; ++c) mean += dy[at(g, n, c, h, w)] * y[at(g, n, c, h, w)];
        for (int c = 0; c < g.c; ++c) {
          dx[at(g, n, c, h, w)] = y[at(g, n, c, h, w)] * (dy[at(g, n, c, h, w)] - mean);
        }
      }
    }
  }
}

}  // namespace ref

const Tensor& Softmax::forward(const Tensor& x) {
  begin_forward(x);
  switch (device()) {
    case Device::reference:
      ref::softmax_forward(x.shape(), x.data(), y_.data());
      break;
    case Device::cpu:
      fast::softmax_forward(memory_shape(x), x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::softmax_forward(x.shape(), x.data(), y_.data());
      break;
  }
  return y_;
}

const Tensor& Softmax::backward(const Tensor& dy) {
  begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::softmax_backward(dy.shape(), y_.data(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      fast::softmax_backward(memory_shape(dy), y_.data(), dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::softmax_backward(dy.shape(), y_.data(), dy.data(), dx_.data());
      break;
  }
  return dx_;
}

}  // namespace longhand
