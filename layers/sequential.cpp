#include "layers/sequential.h"

#include <algorithm>

#include "core/cpu.h"
#include "core/error.h"
#include "layers/conv2d.h"
#include "layers/fused_conv.h"
#include "layers/fused_conv_cuda.h"

namespace longhand {

void prefix_names(Layer& layer, const std::string& prefix) {
  for (Param* p : layer.params()) p->name = prefix + "." + p->name;
}

Sequential& Sequential::add(std::unique_ptr<Layer> layer) {
  if (!layer) throw ValueError("sequential: a layer is missing");
  checked_ = Shape{};
  prefix_names(*layer, std::to_string(layers_.size()));
  layer->to(device());
  if (layers_.empty() && !input_gradient_) layer->want_input_gradient(false);
  layers_.push_back(std::move(layer));
  make_steps();
  return *this;
}

Sequential& Sequential::fuse() {
  fuses_ = true;
  for (const auto& layer : layers_) {
    if (auto* part = dynamic_cast<Sequential*>(layer.get())) part->fuse();
  }
  make_steps();
  return *this;
}

// The layers that run as one from `first` on: one, or a convolution and those behind it that the
// device fuses with it.
Sequential::Step Sequential::make_step(std::size_t first) const {
  std::size_t end = first + 1;
  auto* conv = dynamic_cast<Conv2d*>(layers_[first].get());
  if (!fuses_ || conv == nullptr) return {first, end, nullptr};
  if (device() == Device::cuda) {
    ConvTail tail;
    while (end < layers_.size() && tail.take(*layers_[end])) ++end;
    if (end - first == 1) return {first, end, nullptr};
    return {first, end, std::make_unique<FusedConvCuda>(*conv, tail)};
  }
  std::vector<BlockLayer*> rest;
  for (; end < layers_.size(); ++end) {
    auto* layer = dynamic_cast<BlockLayer*>(layers_[end].get());
    if (layer == nullptr) break;
    rest.push_back(layer);
  }
  if (rest.empty()) return {first, end, nullptr};
  return {first, end, std::make_unique<FusedConv>(*conv, std::move(rest))};
}

void Sequential::make_steps() {
  steps_.clear();
  for (std::size_t first = 0; first < layers_.size(); first = steps_.back().end) {
    steps_.push_back(make_step(first));
  }
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

// Lanes that stand for no image are computed all the same, so a small batch is faster in NCHW.
bool Sequential::wants_lanes(const Tensor& x) const {
  return device() == Device::cpu && cpu_rung() == CpuRung::best && x.layout() == Layout::nchw &&
         !layers_.empty() && x.shape().n >= lane_count / 2 && takes_lanes() && gains_by_lanes_;
}

const Tensor& Sequential::forward(const Tensor& x) {
  if (x.shape() != checked_) {
    output_shape(x.shape());  // so that an error says which layer it is about
    checked_ = x.shape();
    gains_by_lanes_ = lanes_gain(x.shape()) >= 0;
  }
  converted_ = wants_lanes(x);
  const Tensor* y = &x;
  if (converted_) {
    convert(x, Layout::lanes, x_lanes_);
    y = &x_lanes_;
  }
  for (Step& step : steps_) {
    step.ran_fused = step.fused && step.fused->runs(*y);
    if (step.ran_fused) {
      y = &step.fused->forward(*y);
    } else {
      for (std::size_t i = step.first; i < step.end; ++i) y = &layers_[i]->forward(*y);
    }
  }
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
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    if (step->ran_fused) {
      dx = &step->fused->backward(*dx);
    } else {
      for (std::size_t i = step->end; i-- > step->first;) dx = &layers_[i]->backward(*dx);
    }
  }
  if (!converted_ || dx->empty()) return *dx;
  convert(*dx, Layout::nchw, dx_);
  return dx_;
}

bool Sequential::takes_lanes() const {
  return std::all_of(layers_.begin(), layers_.end(),
                     [](const auto& layer) { return layer->takes_lanes(); });
}

std::int64_t Sequential::lanes_gain(const Shape& x) const {
  std::int64_t gain = 0;
  Shape shape = x;
  for (const auto& layer : layers_) {
    gain += layer->lanes_gain(shape);
    shape = layer->output_shape(shape);
  }
  return gain;
}

std::int64_t Sequential::activation_bytes() const {
  std::int64_t bytes = Layer::activation_bytes() + x_lanes_.bytes() + dy_lanes_.bytes();
  for (const auto& layer : layers_) bytes += layer->activation_bytes();
  for (const Step& step : steps_) {
    if (step.fused) bytes += step.fused->activation_bytes();
  }
  return bytes;
}

void Sequential::want_input_gradient(bool wanted) {
  input_gradient_ = wanted;
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
  const Device before = this->device();
  Layer::to(device);
  for (const auto& layer : layers_) layer->to(device);
  if (this->device() != before) make_steps();
}

}  // namespace longhand
