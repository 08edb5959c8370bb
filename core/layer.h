// Layer: the interface of everything that has a forward and a backward.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/device.h"
#include "core/param.h"
#include "core/tensor.h"

namespace longhand {

// One gradient rule for every layer: backward OVERWRITES the input gradient dx and ADDS (+=) into
// each param's grad. Only containers add up fan-out.
//
// A layer owns its output, its input gradient and what it keeps in between. They are allocated at
// the first batch and reused, so a training step allocates nothing; the references returned stay
// valid until the next call of the same method.
class Layer {
 public:
  Layer() = default;
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // What it is, with its numbers: "conv2d 1->6, kernel 5x5".
  virtual std::string describe() const = 0;

  // The shape forward gives for an input of shape x. Throws ShapeError naming both shapes.
  virtual Shape output_shape(const Shape& x) const = 0;

  // y = f(x). The layer keeps a pointer to x: x must stay as it is until backward is done.
  virtual const Tensor& forward(const Tensor& x) = 0;

  // dx = (dy/dx)^T dy for the x of the last forward; dy has y's shape. OrderError without a
  // forward since the last backward.
  virtual const Tensor& backward(const Tensor& dy) = 0;

  // Whether backward need give dx; it need not in the first layer of a network, whose input nobody
  // trains. Layers that save much work without it heed this and return an empty tensor.
  virtual void want_input_gradient(bool wanted) { static_cast<void>(wanted); }

  // Bytes of the outputs, input gradients and what else is kept from forward for backward that the
  // layer holds now.
  virtual std::int64_t activation_bytes() const;

  // The trained tensors, in a fixed order; pointers stay valid as long as the layer.
  virtual std::vector<Param*> params() { return {}; }

  // Whether forward and backward also work, on Device::cpu, with tensors in Layout::lanes. Lanes
  // that stand for no image may hold any finite number in x and y; they are zeros in dy and dx.
  virtual bool takes_lanes() const { return false; }

  // Of the multiplications of a forward pass for an x of that shape, how many Device::cpu does
  // faster in lanes, less those that it does faster in Layout::nchw. 0: much the same.
  virtual std::int64_t lanes_gain(const Shape& x) const {
    static_cast<void>(x);
    return 0;
  }

  // Chooses the version of the loops that forward and backward run, and moves the params to the
  // device's memory. forward and backward take x and dy from there (DeviceError otherwise) and give
  // y and dx there.
  virtual void to(Device device);
  Device device() const { return device_; }

 protected:
  // Every forward starts with this: remembers x, checks its shape and gives y_ its shape, in x's
  // layout.
  void begin_forward(const Tensor& x);

  // Every backward starts with this: checks the order of calls and dy's shape, gives dx_ the shape
  // and layout of x, and returns the x of the last forward.
  const Tensor& begin_backward(const Tensor& dy);

  Tensor y_;                    // the output
  Tensor dx_;                   // the input gradient
  bool input_gradient_ = true;  // set by layers that heed want_input_gradient

 private:
  void require_place(const std::string& name, const Tensor& tensor) const;

  Device device_ = Device::reference;
  const Tensor* x_ = nullptr;
  Shape x_shape_;
  Shape y_shape_;
  bool fresh_ = false;  // a forward has run since the last backward
};

// Throws DeviceError unless the tensor lies in the memory that the device works on; the same for
// labels.
void require_memory(std::string_view what, const Tensor& tensor, Device device);
void require_memory(std::string_view what, const Buffer<int>& labels, Device device);

// Throws ShapeError("<what>: dy is ..., but y is ...") unless they are the same.
void require_same_shape(std::string_view what, std::string_view name_a, const Shape& a,
                        std::string_view name_b, const Shape& b);

}  // namespace longhand
