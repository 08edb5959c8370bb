#include "layers/sequential.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/error.h"

namespace longhand {

void prefix_names(Layer& layer, const std::string& prefix) {
  for (Param* p : layer.params()) p->name = prefix + "." + p->name;
}

Sequential& Sequential::add(std::unique_ptr<Layer> layer) {
  if (!layer) throw ValueError("sequential: a layer is missing");
  checked_ = Shape{};
  prefix_names(*layer, std::to_string(layers_.size()));
  layer->to(device());
  layers_.push_back(std::move(layer));
  return *this;
}

std::string Sequential::describe() const {
  return "sequential of " + std::to_string(layers_.size()) + " layers";
}

Shape Sequential::output_shape(const Shape& x) const {
  Shape shape = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    try {
      shape = layers_[i]->output_shape(shape);
    } catch (const ShapeError& error) {
      throw ShapeError("layer " + std::to_string(i) + ": " + error.what());
    }
  }
  return shape;
}

// Lanes that stand for no image are computed all the same: half of the last block must be worth it.
bool Sequential::wants_lanes(const Tensor& x) const {
  return device() == Device::cpu && cpu_rung() == CpuRung::best && x.layout() == Layout::nchw &&
         !layers_.empty() && x.shape().n >= lane_count / 2 && takes_lanes();
}

const Tensor& Sequential::forward(const Tensor& x) {
  if (x.shape() != checked_) {
    output_shape(x.shape());  // so that an error says which layer it is about
    checked_ = x.shape();
  }
  converted_ = wants_lanes(x);
  const Tensor* y = &x;
  if (converted_) {
    convert(x, Layout::lanes, x_lanes_);
    y = &x_lanes_;
  }
  for (const auto& layer : layers_) y = &layer->forward(*y);
  if (!converted_) return *y;
  convert(*y, Layout::nchw, y_);
  return y_;
}

const Tensor& Sequential::backward(const Tensor& dy) {
  const Tensor* dx = &dy;
  if (converted_) {
    convert(dy, Layout::lanes, dy_lanes_);
    dx = &dy_lanes_;
  }
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    dx = &(*layer)->backward(*dx);
  }
  if (!converted_ || dx->empty()) return *dx;
  convert(*dx, Layout::nchw, dx_);
  return dx_;
}

bool Sequential::takes_lanes() const {
  return std::all_of(layers_.begin(), layers_.end(),
                     [](const auto& layer) { return layer->takes_lanes(); });
}

void Sequential::want_input_gradient(bool wanted) {
  if (!layers_.empty()) layers_.front()->want_input_gradient(wanted);
}

std::vector<Param*> Sequential::params() {
  std::vector<Param*> all;
  for (const auto& layer : layers_) {
    for (Param* p : layer->params()) all.push_back(p);
  }
  return all;
}

void Sequential::to(Device device) {
  Layer::to(device);
  for (const auto& layer : layers_) layer->to(device);
}

}  // namespace longhand
