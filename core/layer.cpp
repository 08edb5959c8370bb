#include "core/layer.h"

#include "core/error.h"

namespace longhand {

void require_same_shape(std::string_view what, std::string_view name_a, const Shape& a,
                        std::string_view name_b, const Shape& b) {
  if (a == b) return;
  throw ShapeError(std::string(what) + ": " + std::string(name_a) + " is " + to_string(a) +
                   ", but " + std::string(name_b) + " is " + to_string(b));
}

namespace {

void require_memory(std::string_view what, const char* thing, Memory memory, Device device) {
  if (memory == memory_of(device)) return;
  throw DeviceError(std::string(what) + ": the " + thing + " lies in the memory of " +
                    to_string(memory) + ", but the work is done on " + to_string(device) +
                    ": move it with to(Device::" + to_string(device) + ")");
}

}  // namespace

void require_memory(std::string_view what, const Tensor& tensor, Device device) {
  require_memory(what, "tensor", tensor.memory(), device);
}

void require_memory(std::string_view what, const Buffer<int>& buffer, Device device) {
  require_memory(what, "buffer", buffer.memory(), device);
}

std::int64_t count_values(const std::vector<Param*>& params) {
  std::int64_t count = 0;
  for (const Param* p : params) count += p->value.size();
  return count;
}

std::int64_t Layer::activation_bytes() const {
  return y_.bytes() + dx_.bytes();
}

void Layer::to(Device device) {
  device_ = resolve(device);
  const Memory memory = memory_of(device_);
  for (Param* p : params()) p->to(device_);
  if (y_.memory() == memory) return;
  y_ = Tensor(memory);
  dx_ = Tensor(memory);
  fresh_ = false;
}

void Layer::require_place(const std::string& name, const Tensor& tensor) const {
  if (tensor.memory() != memory_of(device_)) {
    require_memory(describe() + ": " + name, tensor, device_);
  }
  if (tensor.layout() == Layout::nchw || (takes_lanes() && device_ == Device::cpu)) return;
  throw ShapeError(describe() + ": " + name +
                   " lies in memory as lanes, which it does not take on " + to_string(device_) +
                   ": convert(x, Layout::nchw, y) gives one it does");
}

void Layer::begin_forward(const Tensor& x) {
  fresh_ = false;
  if (x.empty()) throw ShapeError(describe() + ": the input is empty");
  if (x.shape() != x_shape_) {  // the same shape as last time was checked last time
    y_shape_ = output_shape(x.shape());
    x_shape_ = x.shape();
  }
  require_place("the input", x);
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
  require_place("the gradient dy", dy);
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
