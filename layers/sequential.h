// Sequential: layers one after the other.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/layer.h"
#include "layers/fused_step.h"

namespace longhand {

// y = layer[k-1](... layer[1](layer[0](x))). Without layers it is the identity. A param's name
// gets the layer's place in front: "0.weight", as in PyTorch's nn.Sequential. backward goes through
// the layers from the last to the first: each overwrites its dx and adds into its grads.
//
// On Device::cpu, batches that fill lanes are converted to Layout::lanes on their way in and back
// on their way out; in between, every layer's tensors stay in lanes. Not so if most of the
// multiplications are faster in NCHW (Layer::lanes_gain).
//
//   Sequential net;
//   net.add<Conv2d>(1, 6, 5).add<Relu>().add<MaxPool2d>(2);
class Sequential : public Layer {
 public:
  // Makes a layer of that type from its constructor's arguments and puts it at the end.
  template <class L, class... Args>
  Sequential& add(Args&&... args) {
    return add(std::make_unique<L>(std::forward<Args>(args)...));
  }
  Sequential& add(std::unique_ptr<Layer> layer);  // ValueError for a null pointer

  std::string describe() const override;
  Shape output_shape(const Shape& x) const override;
  const Tensor& forward(const Tensor& x) override;
  const Tensor& backward(const Tensor& dy) override;
  std::vector<Param*> params() override;
  void to(Device device) override;
  bool takes_lanes() const override;
  std::int64_t lanes_gain(const Shape& x) const override;  // if all layers do
  void want_input_gradient(bool wanted) override;
  std::int64_t activation_bytes() const override;

  // From now on every convolution with the activation and pooling behind it runs as one: the same
  // numbers in less time and memory. On Device::cpu where tensors are in lanes (fused_conv.h), on
  // Device::cuda always (fused_conv_cuda.h); the reference fuses nothing. Their layers still run
  // alone when they are called alone, but forward does not fill their outputs.
  Sequential& fuse();

  int size() const { return static_cast<int>(layers_.size()); }
  Layer& layer(int i) { return *layers_.at(static_cast<std::size_t>(i)); }
  const Layer& layer(int i) const { return *layers_.at(static_cast<std::size_t>(i)); }

 private:
  // What forward runs as one: layers [first, end), fused where there is more than one.
  struct Step {
    std::size_t first, end;
    std::unique_ptr<FusedStep> fused;
    bool ran_fused = false;  // in the last forward
  };
  bool wants_lanes(const Tensor& x) const;
  Step make_step(std::size_t first) const;
  void make_steps();

  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<Step> steps_;
  bool fuses_ = false;
  Shape checked_;                // the last input shape that fitted all layers
  bool gains_by_lanes_ = false;  // with that shape
  bool converted_ = false;       // the last forward ran in lanes
  Tensor x_lanes_, dy_lanes_;
};

// Puts "<prefix>." before the names of the layer's params: what a container does with its parts.
void prefix_names(Layer& layer, const std::string& prefix);

}  // namespace longhand
