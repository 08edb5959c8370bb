#include "layers/conv2d.h"

#include <algorithm>

#include "core/error.h"

namespace longhand {

namespace ref {

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  for (int n = 0; n < g.y.n; ++n) {
    for (int co = 0; co < g.y.c; ++co) {
      const int first = co / (g.y.c / g.groups) * g.w.c;  // the first input channel of co's group
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          real sum = b ? b[co] : 0;
          for (int ci = 0; ci < g.w.c; ++ci) {
            for (int kh = 0; kh < g.w.h; ++kh) {
              for (int kw = 0; kw < g.w.w; ++kw) {
                const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
                const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
                if (!inside(g.x, ih, iw)) continue;
                sum += x[at(g.x, n, first + ci, ih, iw)] * w[at(g.w, co, ci, kh, kw)];
              }
            }
          }
          y[at(g.y, n, co, oh, ow)] = sum;
        }
      }
    }
  }
}

// Each x fed every y whose window lay over it, through one weight each; so each dy goes back to
// all x of its window through the same weights, and what arrives at one x adds up.
void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  std::fill_n(dx, g.x.size(), real(0));
  for (int n = 0; n < g.y.n; ++n) {
    for (int co = 0; co < g.y.c; ++co) {
      const int first = co / (g.y.c / g.groups) * g.w.c;
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          for (int ci = 0; ci < g.w.c; ++ci) {
            for (int kh = 0; kh < g.w.h; ++kh) {
              for (int kw = 0; kw < g.w.w; ++kw) {
                const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
                const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
                if (!inside(g.x, ih, iw)) continue;
                dx[at(g.x, n, first + ci, ih, iw)] +=
                    dy[at(g.y, n, co, oh, ow)] * w[at(g.w, co, ci, kh, kw)];
              }
            }
          }
        }
      }
    }
  }
}

// One weight is used at every place of the window in every image: its gradient gathers them all.
void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  for (int n = 0; n < g.y.n; ++n) {
    for (int co = 0; co < g.y.c; ++co) {
      const int first = co / (g.y.c / g.groups) * g.w.c;
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) {
          for (int ci = 0; ci < g.w.c; ++ci) {
            for (int kh = 0; kh < g.w.h; ++kh) {
              for (int kw = 0; kw < g.w.w; ++kw) {
                const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
                const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
                if (!inside(g.x, ih, iw)) continue;
                dw[at(g.w, co, ci, kh, kw)] +=
                    dy[at(g.y, n, co, oh, ow)] * x[at(g.x, n, first + ci, ih, iw)];
              }
            }
          }
        }
      }
    }
  }
}

void conv2d_backward_bias(const Conv2dGeometry& g, const real* dy, real* db) {
  for (int n = 0; n < g.y.n; ++n) {
    for (int co = 0; co < g.y.c; ++co) {
      for (int oh = 0; oh < g.y.h; ++oh) {
        for (int ow = 0; ow < g.y.w; ++ow) db[co] += dy[at(g.y, n, co, oh, ow)];
      }
    }
  }
}

}  // namespace ref

namespace {

// The shape of the weights, once the numbers it is made of are known to be sound.
Shape weight_shape(int in_channels, int out_channels, const Window& window, int groups) {
  require_valid(window, "conv2d");
  if (groups < 1 || in_channels < 1 || out_channels < 1 || in_channels % groups != 0 ||
      out_channels % groups != 0) {
    throw ValueError("conv2d: input channels (" + std::to_string(in_channels) +
                     ") and output channels (" + std::to_string(out_channels) +
                     ") must be positive multiples of groups (" + std::to_string(groups) + ")");
  }
  return {out_channels, in_channels / groups, window.kernel.h, window.kernel.w};
}

}  // namespace

Conv2d::Conv2d(int in_channels, int out_channels, Size2 kernel, const Conv2dOptions& options)
    : window_{kernel, options.stride, options.padding, options.dilation},
      groups_(options.groups),
      has_bias_(options.bias),
      weight_("weight", weight_shape(in_channels, out_channels, window_, groups_), 4),
      bias_("bias", {out_channels}, 1) {}

Conv2dGeometry conv2d_geometry(const Shape& x, const Shape& w, const Window& window, int groups) {
  const Size2 out = output_size(window, x, "conv2d");
  const Padding padding = resolve_padding(window, x);
  return {.x = x,
          .w = w,
          .y = {x.n, w.n, out.h, out.w},
          .stride_h = window.stride.h,
          .stride_w = window.stride.w,
          .padding_top = padding.top,
          .padding_left = padding.left,
          .dilation_h = window.dilation.h,
          .dilation_w = window.dilation.w,
          .groups = groups};
}

std::string Conv2d::describe() const {
  const Shape& w = weight_.value.shape();
  std::string text = "conv2d " + std::to_string(w.c * groups_) + "->" + std::to_string(w.n) + ", " +
                     to_string(window_.kernel);
  if (window_.padding.automatic) text += " same";
  if (window_.stride != Size2(1)) text += ", stride " + to_string(window_.stride);
  if (window_.dilation != Size2(1)) text += ", dilation " + to_string(window_.dilation);
  if (groups_ != 1) text += ", " + std::to_string(groups_) + " groups";
  return text;
}

Shape Conv2d::output_shape(const Shape& x) const {
  const Shape& w = weight_.value.shape();
  if (x.c != w.c * groups_) {
    throw ShapeError("conv2d: input " + to_string(x) + " has " + std::to_string(x.c) +
                     " channels, but weights " + to_string(w) + " in " + std::to_string(groups_) +
                     " group(s) need " + std::to_string(w.c * groups_));
  }
  return conv2d_geometry(x, w, window_, groups_).y;
}

std::int64_t Conv2d::lanes_gain(const Shape& x) const {
  return fast::conv2d_lanes_gain(geometry(x, Layout::lanes));
}

Conv2dGeometry Conv2d::geometry(const Shape& x, Layout layout) const {
  Conv2dGeometry g = conv2d_geometry(x, weight_.value.shape(), window_, groups_);
  g.layout = layout;
  return g;
}

const Tensor& Conv2d::forward(const Tensor& x) {
  begin_forward(x);
  const Conv2dGeometry g = geometry(x.shape(), x.layout());
  const real* w = weight_.value.data();
  switch (device()) {
    case Device::reference:
      ref::conv2d_forward(g, x.data(), w, b(), y_.data());
      break;
    case Device::cpu:
      fast::conv2d_forward(g, x.data(), w, b(), y_.data());
      break;
    case Device::cuda:
      cuda::conv2d_forward(g, x.data(), w, b(), y_.data());
      break;
  }
  return y_;
}

const Tensor& Conv2d::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  const Conv2dGeometry g = geometry(x.shape(), x.layout());
  const real* w = weight_.value.data();
  real* dw = weight_.grad.data();
  real* db = bias_.grad.data();
  switch (device()) {
    case Device::reference:
      if (input_gradient_) ref::conv2d_backward_data(g, dy.data(), w, dx_.data());
      ref::conv2d_backward_weights(g, x.data(), dy.data(), dw);
      if (has_bias_) ref::conv2d_backward_bias(g, dy.data(), db);
      break;
    case Device::cpu:
      if (input_gradient_) fast::conv2d_backward_data(g, dy.data(), w, dx_.data());
      fast::conv2d_backward_weights(g, x.data(), dy.data(), dw);
      weight_.shares = fast::conv2d_weight_shares(g);
      if (has_bias_) fast::conv2d_backward_bias(g, dy.data(), db);
      break;
    case Device::cuda:
      if (input_gradient_) cuda::conv2d_backward_data(g, dy.data(), w, dx_.data());
      cuda::conv2d_backward_weights(g, x.data(), dy.data(), dw);
      if (has_bias_) cuda::conv2d_backward_bias(g, dy.data(), db);
      break;
  }
  return dx_;
}

std::vector<Param*> Conv2d::params() {
  if (has_bias_) return {&weight_, &bias_};
  return {&weight_};
}

}  // namespace longhand
