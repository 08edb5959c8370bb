#include "apps/zoo/lenet.h"

#include "core/error.h"
#include "layers/avg_pool2d.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"
#include "layers/tanh.h"

namespace longhand {

std::unique_ptr<Sequential> lenet_classic() {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>(1, 6, 5, Conv2dOptions{.padding = Padding::all(2)})  // 28x28 padded to 32x32
      .add<ScaledTanh>()
      .add<AvgPool2d>(2)      // 6 x 14 x 14
      .add<Conv2d>(6, 16, 5)  // 16 x 10 x 10
      .add<ScaledTanh>()
      .add<AvgPool2d>(2)        // 16 x 5 x 5
      .add<Conv2d>(16, 120, 5)  // 120 x 1 x 1
      .add<ScaledTanh>()
      .add<Flatten>()
      .add<Dense>(120, 84)
      .add<ScaledTanh>()
      .add<Dense>(84, 10);
  return net;
}

std::unique_ptr<Sequential> lenet_modern() {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>(1, 20, 5, Conv2dOptions{.padding = Padding::same()})
      .add<Relu>()
      .add<MaxPool2d>(2)  // 20 x 14 x 14
      .add<Conv2d>(20, 50, 5, Conv2dOptions{.padding = Padding::same()})
      .add<Relu>()
      .add<MaxPool2d>(2)  // 50 x 7 x 7
      .add<Flatten>()
      .add<Dense>(50 * 7 * 7, 500)
      .add<Relu>()
      .add<Dense>(500, 10);
  return net;
}

std::unique_ptr<Sequential> lenet_zagreb() {
  auto net = std::make_unique<Sequential>();
  net->add<Conv2d>(1, 16, 5)  // 16 x 24 x 24
      .add<Relu>()
      .add<MaxPool2d>(2)       // 16 x 12 x 12
      .add<Conv2d>(16, 32, 5)  // 32 x 8 x 8
      .add<Relu>()
      .add<MaxPool2d>(2)  // 32 x 4 x 4
      .add<Flatten>()
      .add<Dense>(32 * 4 * 4, 512)
      .add<Relu>()
      .add<Dense>(512, 10);
  return net;
}

std::unique_ptr<Sequential> make_lenet(const std::string& model) {
  if (model == "classic") return lenet_classic();
  if (model == "modern") return lenet_modern();
  if (model == "zagreb") return lenet_zagreb();
  throw ValueError("unknown model '" + model + "': choose classic, modern or zagreb");
}

Init lenet_init(const std::string& model) {
  return model == "classic" ? Init::lecun : Init::he;
}

}  // namespace longhand
