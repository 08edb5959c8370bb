// Sequential: layers one after the other.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/layer.h"

namespace longhand {

// y = layer[k-1](... layer[1](layer[0](x))). Without layers it is the identity. A param's name
// gets the layer's place in front: "0.weight", as in PyTorch's nn.Sequential. backward goes through
// the layers from the last to the first: each overwrites its dx and adds into its grads.
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

  int size() const { return static_cast<int>(layers_.size()); }
  Layer& layer(int i) { return *layers_.at(static_cast<std::size_t>(i)); }
  const Layer& layer(int i) const { return *layers_.at(static_cast<std::size_t>(i)); }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
  Shape checked_;  // the last input shape that fitted all layers
};

// Puts "<prefix>." before the names of the layer's params: what a container does with its parts.
void prefix_names(Layer& layer, const std::string& prefix);

}  // namespace longhand
