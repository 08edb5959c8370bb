#include "layers/fused_conv_cuda.h"

#include <string>

#include "core/error.h"

namespace longhand {

bool FusedConvCuda::runs(const Tensor& x) const {
  return conv_.device() == Device::cuda && x.memory() == Memory::cuda && x.layout() == Layout::nchw;
}

const Tensor& FusedConvCuda::forward(const Tensor& x) {
  const Conv2dGeometry conv = conv_.geometry(x.shape(), Layout::nchw);
  g_ = tail_.geometry(conv.y);
  y_.resize(g_.window.y);
  if (pools()) z_.resize(g_.window.x);
  if (g_.pool == ConvTailGeometry::Pool::max) argmax_.resize(y_.size());
  x_ = &x;
  x_shape_ = x.shape();
  fresh_ = true;

  real* const z = pools() ? z_.data() : y_.data();
  const real* const b = conv_.has_bias() ? conv_.bias().value.data() : nullptr;
  cuda::conv2d_forward(conv, x.data(), conv_.weight().value.data(), nullptr, z);
  cuda::conv_tail_forward(g_, z, b, y_.data(), argmax_.data());
  return y_;
}

// (The words are put together only when they are needed: a step allocates nothing.)
void FusedConvCuda::refuse_backward(const Tensor& dy) const {
  const std::string what = conv_.describe() + " (fused)";
  if (!fresh_) {
    throw OrderError(what + ": backward needs a forward first, and a new one each time");
  }
  require_same_shape(what, "the gradient dy", dy.shape(), "the output y", y_.shape());
  require_same_shape(what, "the input x now", x_->shape(), "at forward it", x_shape_);
  require_memory(what + ": the gradient dy", dy, Device::cuda);
  throw ShapeError(what + ": dy lies in memory as " + to_string(dy.layout()) + ", but y as nchw");
}

const Tensor& FusedConvCuda::backward(const Tensor& dy) {
  if (!fresh_ || dy.shape() != y_.shape() || x_->shape() != x_shape_ ||
      dy.memory() != Memory::cuda || dy.layout() != Layout::nchw) {
    refuse_backward(dy);
  }
  fresh_ = false;
  const Conv2dGeometry conv = conv_.geometry(x_shape_, Layout::nchw);
  const real* const b = conv_.has_bias() ? conv_.bias().value.data() : nullptr;
  real* const db = conv_.has_bias() ? conv_.bias().grad.data() : nullptr;
  z_.resize(g_.window.x);
  cuda::conv_tail_backward(g_, z_.data(), b, y_.data(), argmax_.data(), dy.data(), z_.data(), db);
  cuda::conv2d_backward_weights(conv, x_->data(), z_.data(), conv_.weight().grad.data());
  if (conv_.gives_input_gradient()) {
    dx_.resize(x_shape_);
    cuda::conv2d_backward_data(conv, z_.data(), conv_.weight().value.data(), dx_.data());
  } else if (!dx_.empty()) {
    dx_ = Tensor(Memory::cuda);
  }
  return dx_;
}

std::int64_t FusedConvCuda::activation_bytes() const {
  return y_.bytes() + z_.bytes() + dx_.bytes() + argmax_.bytes();
}

}  // namespace longhand
