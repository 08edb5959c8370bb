#include "core/layer.h"

#include "core/error.h"

namespace longhand {

void require_same_shape(std::string_view what, std::string_view name_a, const Shape& a,
                        std::string_view name_b, const Shape& b) {
  if (a == b) return;
  throw ShapeError(std::string(what) + ": " + std::string(name_a) + " is " + to_string(a) +
                   ", but " + std::string(name_b) + " is " + to_string(b));
}

std::int64_t count_values(const std::vector<Param*>& params) {
  std::int64_t count = 0;
  for (const Param* p : params) count += p->value.size();
  return count;
}

std::int64_t Layer::activation_bytes() const {
  return y_.bytes() + dx_.bytes();
}

void Layer::require_layout(const Tensor& x) const {
  if (x.layout() == Layout::nchw || (takes_lanes() && device_ == Device::cpu)) return;
  throw ShapeError(describe() + ": the input lies in memory as lanes, which it does not take on " +
                   to_string(device_) + ": convert(x, Layout::nchw, y) gives one it does");
}

void Layer::begin_forward(const Tensor& x) {
  fresh_ = false;
  if (x.empty()) throw ShapeError(describe() + ": the input is empty");
  if (x.shape() != x_shape_) {  // the same shape as last time was checked last time
    y_shape_ = output_shape(x.shape());
    x_shape_ = x.shape();
  }
  require_layout(x);
  y_.resize(y_shape_, x.layout());
  x_ = &x;
  fresh_ = true;
}

const Tensor& Layer::begin_backward(const Tensor& dy) {
  if (!fresh_) {
    throw OrderError(describe() + ": backward needs a forward first, and a new one each time");
  }
  if (dy.shape() != y_shape_) {
    require_same_shape(describe(), "the gradient dy", dy.shape(), "the output y", y_shape_);
  }
  if (x_->shape() != x_shape_) {
    require_same_shape(describe(), "the input x now", x_->shape(), "at forward it", x_shape_);
  }
  if (dy.layout() != x_->layout()) {
    throw ShapeError(describe() + ": dy lies in memory as " + to_string(dy.layout()) +
                     ", but the input x as " + to_string(x_->layout()));
  }
  fresh_ = false;
  if (input_gradient_) {
    dx_.resize(x_shape_, x_->layout());
  } else if (!dx_.empty()) {
    dx_ = Tensor();
  }
  return *x_;
}

}  // namespace longhand
