#include "tests/support/through_lanes.h"

#include <cmath>
#include <limits>
#include <utility>

namespace longhand::test {

namespace {

// Calls body(i) for every place i of the tensor's memory that belongs to no image.
template <class Body>
void for_each_spare(const Tensor& x, Body&& body) {
  const Shape& s = x.shape();
  if (s.n % lane_count == 0) return;
  const std::int64_t last_block = x.stored() - stored_size({1, s.c, s.h, s.w}, Layout::lanes);
  for (std::int64_t i = last_block; i < x.stored(); ++i) {
    if (i % lane_count >= s.n % lane_count) body(i);
  }
}

class ThroughLanes : public Layer {
 public:
  ThroughLanes(std::unique_ptr<Layer> layer, std::vector<std::string>& complaints)
      : layer_(std::move(layer)), complaints_(complaints) {}

  std::string describe() const override { return layer_->describe() + ", through lanes"; }
  Shape output_shape(const Shape& x) const override { return layer_->output_shape(x); }
  std::vector<Param*> params() override { return layer_->params(); }
  void to(Device device) override {
    Layer::to(device);
    layer_->to(device);
  }

  const Tensor& forward(const Tensor& x) override {
    begin_forward(x);
    if (device() != Device::cpu) return y_ = layer_->forward(x);
    spoil(given_y_);
    spoil(given_dx_);
    convert(x, Layout::lanes, x_lanes_);
    for_each_spare(x_lanes_, [&](std::int64_t i) {
      x_lanes_[i] = static_cast<real>(i % 2 == 0 ? 300 + i % 7 : -300 - i % 5);
    });
    const Tensor& y = layer_->forward(x_lanes_);
    given_y_ = &y;
    for_each_spare(y, [&](std::int64_t i) {
      if (!std::isfinite(y[i])) complain("y", i, y[i]);
    });
    take("y", y, y_);
    return y_;
  }

  const Tensor& backward(const Tensor& dy) override {
    begin_backward(dy);
    if (device() != Device::cpu) return dx_ = layer_->backward(dy);
    convert(dy, Layout::lanes, dy_lanes_);
    const Tensor& dx = layer_->backward(dy_lanes_);
    given_dx_ = &dx;
    for_each_spare(dx, [&](std::int64_t i) {
      if (!(dx[i] == 0)) complain("dx", i, dx[i]);
    });
    take("dx", dx, dx_);
    return dx_;
  }

 private:
  static void spoil(const Tensor* tensor) {
    if (tensor == nullptr) return;
    const_cast<Tensor*>(tensor)->fill(std::numeric_limits<real>::quiet_NaN());
  }

  void take(const std::string& name, const Tensor& given, Tensor& taken) {
    if (given.layout() != Layout::lanes) complaints_.push_back(name + " does not lie as lanes");
    convert(given, Layout::nchw, taken);
  }

  void complain(const std::string& name, std::int64_t i, real value) {
    constexpr std::size_t enough = 8;
    if (complaints_.size() >= enough) return;
    complaints_.push_back(name + " holds " + std::to_string(value) + " at place " +
                          std::to_string(i) + " of its memory, lane " +
                          std::to_string(i % lane_count) + ", which stands for no image");
  }

  std::unique_ptr<Layer> layer_;
  std::vector<std::string>& complaints_;
  Tensor x_lanes_, dy_lanes_;
  const Tensor* given_y_ = nullptr;
  const Tensor* given_dx_ = nullptr;
};

}  // namespace

LayerCase through_lanes(const LayerCase& c, std::vector<std::string>& complaints) {
  return {c.layer, c.name + ", through lanes", c.x, [make = c.make, &complaints] {
            return std::make_unique<ThroughLanes>(make(), complaints);
          }};
}

}  // namespace longhand::test
