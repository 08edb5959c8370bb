#include "layers/sequential.h"

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

const Tensor& Sequential::forward(const Tensor& x) {
  if (x.shape() != checked_) {
    output_shape(x.shape());  // so that an error says which layer it is about
    checked_ = x.shape();
  }
  const Tensor* y = &x;
  for (const auto& layer : layers_) y = &layer->forward(*y);
  return *y;
}

const Tensor& Sequential::backward(const Tensor& dy) {
  const Tensor* dx = &dy;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    dx = &(*layer)->backward(*dx);
  }
  return *dx;
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
