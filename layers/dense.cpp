#include "layers/dense.h"

#include <algorithm>

#include "core/error.h"

namespace longhand {

namespace ref {

void dense_forward(const DenseGeometry& g, const real* x, const real* w, const real* b, real* y) {
  const Shape xs{g.n, g.in}, ws{g.out, g.in}, ys{g.n, g.out};
  for (int n = 0; n < g.n; ++n) {
    for (int o = 0; o < g.out; ++o) {
      real sum = b ? b[o] : 0;
      for (int i = 0; i < g.in; ++i) sum += x[at(xs, n, i, 0, 0)] * w[at(ws, o, i, 0, 0)];
      y[at(ys, n, o, 0, 0)] = sum;
    }
  }
}

void dense_backward_data(const DenseGeometry& g, const real* dy, const real* w, real* dx) {
  const Shape xs{g.n, g.in}, ws{g.out, g.in}, ys{g.n, g.out};
  std::fill_n(dx, xs.size(), real(0));
  for (int n = 0; n < g.n; ++n) {
    for (int o = 0; o < g.out; ++o) {
      for (int i = 0; i < g.in; ++i) {
        dx[at(xs, n, i, 0, 0)] += dy[at(ys, n, o, 0, 0)] * w[at(ws, o, i, 0, 0)];
      }
    }
  }
}

void dense_backward_weights(const DenseGeometry& g, const real* x, const real* dy, real* dw) {
  const Shape xs{g.n, g.in}, ws{g.out, g.in}, ys{g.n, g.out};
  for (int n = 0; n < g.n; ++n) {
    for (int o = 0; o < g.out; ++o) {
      for (int i = 0; i < g.in; ++i) {
        dw[at(ws, o, i, 0, 0)] += dy[at(ys, n, o, 0, 0)] * x[at(xs, n, i, 0, 0)];
      }
    }
  }
}

void dense_backward_bias(const DenseGeometry& g, const real* dy, real* db) {
  const Shape ys{g.n, g.out};
  for (int n = 0; n < g.n; ++n) {
    for (int o = 0; o < g.out; ++o) db[o] += dy[at(ys, n, o, 0, 0)];
  }
}

}  // namespace ref

namespace {

Shape weight_shape(int in_features, int out_features) {
  if (in_features < 1 || out_features < 1) {
    throw ValueError("dense: in and out features must be at least 1, but are " +
                     std::to_string(in_features) + " and " + std::to_string(out_features));
  }
  return {out_features, in_features};
}

}  // namespace

Dense::Dense(int in_features, int out_features, bool bias)
    : has_bias_(bias),
      weight_("weight", weight_shape(in_features, out_features), 2),
      bias_("bias", {out_features}, 1) {}

std::string Dense::describe() const {
  const Shape& w = weight_.value.shape();
  return "dense " + std::to_string(w.c) + "->" + std::to_string(w.n);
}

Shape Dense::output_shape(const Shape& x) const {
  const Shape& w = weight_.value.shape();
  if (x.c != w.c || x.h != 1 || x.w != 1) {
    throw ShapeError("dense: input " + to_string(x) + " does not fit weights " +
                     std::to_string(w.n) + "x" + std::to_string(w.c) + ", which need Nx" +
                     std::to_string(w.c) + "x1x1" +
                     (x.h != 1 || x.w != 1 ? " (put a Flatten before it)" : ""));
  }
  return {x.n, w.n};
}

const Tensor& Dense::forward(const Tensor& x) {
  begin_forward(x);
  const DenseGeometry g{x.shape().n, x.shape().c, weight_.value.shape().n, x.layout()};
  const real* w = weight_.value.data();
  switch (device()) {
    case Device::reference:
      ref::dense_forward(g, x.data(), w, b(), y_.data());
      break;
    case Device::cpu:
      fast::dense_forward(g, x.data(), w, b(), y_.data());
      break;
    case Device::cuda:
      cuda::dense_forward(g, x.data(), w, b(), y_.data());
      break;
  }
  return y_;
}

const Tensor& Dense::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  const DenseGeometry g{x.shape().n, x.shape().c, weight_.value.shape().n, x.layout()};
  const real* w = weight_.value.data();
  switch (device()) {
    case Device::reference:
      if (input_gradient_) ref::dense_backward_data(g, dy.data(), w, dx_.data());
      ref::dense_backward_weights(g, x.data(), dy.data(), weight_.grad.data());
      if (has_bias_) ref::dense_backward_bias(g, dy.data(), bias_.grad.data());
      break;
    case Device::cpu:
      if (input_gradient_) fast::dense_backward_data(g, dy.data(), w, dx_.data());
      fast::dense_backward_weights(g, x.data(), dy.data(), weight_.grad.data());
      weight_.shares = fast::dense_weight_shares(g);
      if (has_bias_) fast::dense_backward_bias(g, dy.data(), bias_.grad.data());
      break;
    case Device::cuda:
      if (input_gradient_) cuda::dense_backward_data(g, dy.data(), w, dx_.data());
      cuda::dense_backward_weights(g, x.data(), dy.data(), weight_.grad.data());
      if (has_bias_) cuda::dense_backward_bias(g, dy.data(), bias_.grad.data());
      break;
  }
  return dx_;
}

std::vector<Param*> Dense::params() {
  if (has_bias_) return {&weight_, &bias_};
  return {&weight_};
}

}  // namespace longhand
