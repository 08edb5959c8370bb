#include "layers/cases.h"

#include <algorithm>
#include <utility>

#include "layers/avg_pool2d.h"
#include "layers/concat.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/leaky_relu.h"
#include "layers/loss_layers.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "layers/sigmoid.h"
#include "layers/softmax.h"
#include "layers/tanh.h"

namespace longhand {

namespace {

// A case whose layer is made from its constructor's arguments.
template <class L, class... Args>
LayerCase make_case(const std::string& layer, const std::string& name, const Shape& x,
                    const Args&... args) {
  return {layer, name, x,
          [args...]() -> std::unique_ptr<Layer> { return std::make_unique<L>(args...); }};
}

// One less than a block of 16 images, one block, one more, and two and one.
constexpr int lane_batches[] = {15, 16, 17, 33};

void add_conv2d(std::vector<LayerCase>& cases) {
  const auto add = [&](const std::string& name, const Shape& x, int out, Size2 kernel,
                       const Conv2dOptions& options) {
    cases.push_back(make_case<Conv2d>("conv2d", name, x, x.c, out, kernel, options));
  };
  const Padding per_side{.top = 2, .left = 0, .bottom = 1, .right = 3};
  add("plain", {2, 3, 6, 5}, 4, 3, {});
  add("1x1 image, 1x1 kernel, batch 1", {1, 1, 1, 1}, 1, 1, {});
  add("1x1 kernel", {3, 5, 4, 3}, 2, 1, {});
  add("kernel as large as the image", {2, 2, 5, 4}, 3, {5, 4}, {});
  add("one row", {2, 2, 1, 9}, 3, {1, 4}, {});
  add("one column, even kernel", {2, 2, 9, 1}, 3, {2, 1}, {});
  add("no bias", {2, 2, 5, 5}, 3, 3, {.bias = false});
  add("stride 2x3", {2, 2, 8, 9}, 3, 3, {.stride = {2, 3}});
  add("stride above kernel", {2, 2, 9, 8}, 3, 2, {.stride = {3, 4}});
  add("padding on each side", {2, 2, 4, 5}, 3, 3, {.padding = per_side});
  add("padding above the image's size", {1, 1, 2, 2}, 2, 3, {.padding = Padding::all(4)});
  add("same", {2, 2, 7, 6}, 3, 5, {.padding = Padding::same()});
  add("same, even kernel", {2, 2, 5, 6}, 3, {2, 4}, {.padding = Padding::same()});
  add("same, stride 2", {2, 2, 7, 8}, 3, 3, {.stride = 2, .padding = Padding::same()});
  add("valid", {2, 2, 6, 6}, 2, 3, {.padding = Padding::valid()});
  add("dilation 3x2", {2, 2, 9, 8}, 3, 3, {.dilation = {3, 2}});
  add("2 groups", {2, 4, 5, 6}, 6, 3, {.groups = 2});
  add("depthwise", {2, 3, 5, 5}, 3, 3, {.padding = Padding::all(1), .groups = 3});
  add("depthwise, 2 outputs a channel", {2, 3, 5, 5}, 6, 3, {.groups = 3});
  add("everything", {3, 4, 11, 10}, 6, {3, 2},
      {.stride = {2, 3}, .padding = per_side, .dilation = {2, 3}, .groups = 2});
  add("kernel 3x5, stride 2x1, padding 4x2, dilation 3x1", {2, 2, 9, 10}, 3, {3, 5},
      {.stride = {2, 1}, .padding = Padding::rows_columns(4, 2), .dilation = {3, 1}});
  add("more channels than a tile", {2, 9, 7, 7}, 37, 3, {});
  add("sums longer than a gemm block", {1, 33, 4, 4}, 5, 3, {});
  add("enough for three threads", {33, 4, 12, 11}, 8, 3, {.padding = Padding::same()});
  add("enough for three threads, stride 2", {17, 8, 16, 17}, 12, 5, {.stride = 2});
  add("enough for three threads, 2 groups", {16, 6, 16, 16}, 6, 3, {.groups = 2});
  for (const int batch : lane_batches) {
    add(std::to_string(batch) + " images", {batch, 2, 4, 4}, 3, 3, {.padding = Padding::all(1)});
  }
}

void add_pooling(std::vector<LayerCase>& cases) {
  const Padding per_side{.top = 1, .left = 0, .bottom = 0, .right = 2};
  const auto add = [&](const std::string& name, const Shape& x, Size2 kernel, Size2 stride,
                       const Padding& padding) {
    cases.push_back(make_case<MaxPool2d>("max_pool2d", name, x, kernel, stride, padding));
  };
  add("2x2", {2, 3, 6, 4}, 2, 2, {});
  add("1x1 image, batch 1", {1, 1, 1, 1}, 1, 1, {});
  add("rows and columns left over", {2, 2, 7, 5}, 2, 2, {});
  add("overlapping windows", {2, 2, 7, 6}, 3, 2, {});
  add("overlapping windows, stride 1", {2, 2, 5, 5}, {3, 2}, 1, {});
  add("stride above kernel", {2, 2, 8, 9}, 2, {3, 4}, {});
  add("padding", {2, 2, 5, 6}, 3, 2, Padding::all(1));
  add("padding on each side", {2, 2, 5, 6}, {2, 3}, {2, 1}, per_side);
  add("same", {2, 2, 7, 7}, 3, 2, Padding::same());
  add("the whole image", {2, 2, 4, 6}, {4, 6}, {4, 6}, {});
  add("2x2, rows of 35", {1, 2, 4, 70}, 2, 2, {});
  add("2x2, rows of 13, columns left over", {1, 2, 5, 27}, 2, 2, {});
  add("3x3, stride 2, rows of 36", {1, 2, 5, 71}, 3, 2, Padding::all(1));
  add("3x3, stride 1, rows of 21", {1, 1, 4, 23}, 3, 1, {});
  for (const int batch : lane_batches) {
    const std::string images = std::to_string(batch) + " images";
    add("2x2, " + images, {batch, 2, 4, 4}, 2, 2, {});
    add("overlapping, " + images, {batch, 1, 5, 6}, 3, 2, Padding::all(1));
  }

  const auto add_avg = [&](const std::string& name, const Shape& x, Size2 kernel, Size2 stride,
                           const Padding& padding, bool count_padding) {
    cases.push_back(
        make_case<AvgPool2d>("avg_pool2d", name, x, kernel, stride, padding, count_padding));
  };
  add_avg("2x2", {2, 3, 6, 4}, 2, 2, {}, true);
  add_avg("1x1 image, batch 1", {1, 1, 1, 1}, 1, 1, {}, true);
  add_avg("rows and columns left over", {2, 2, 7, 5}, 2, 2, {}, true);
  add_avg("overlapping windows", {2, 2, 7, 6}, 3, {1, 2}, {}, true);
  add_avg("stride above kernel", {2, 2, 8, 9}, 2, {3, 4}, {}, true);
  add_avg("padding counted", {2, 2, 5, 6}, 3, 2, Padding::all(1), true);
  add_avg("padding not counted", {2, 2, 5, 6}, 3, 2, Padding::all(1), false);
  add_avg("padding on each side", {2, 2, 5, 6}, {2, 3}, {2, 1}, per_side, false);
  add_avg("same", {2, 2, 7, 7}, 3, 2, Padding::same(), false);
  add_avg("the whole image", {2, 2, 4, 6}, {4, 6}, {4, 6}, {}, true);
  add_avg("2x2, rows of 35", {1, 2, 4, 70}, 2, 2, {}, true);
  add_avg("2x2, rows of 13, columns left over", {1, 2, 5, 27}, 2, 2, {}, true);
  add_avg("3x3, stride 2, rows of 36", {1, 2, 5, 71}, 3, 2, Padding::all(1), false);
  add_avg("3x3, stride 1, rows of 21", {1, 1, 4, 23}, 3, 1, {}, true);
  for (const int batch : lane_batches) {
    const std::string images = std::to_string(batch) + " images";
    add_avg("2x2, " + images, {batch, 2, 4, 4}, 2, 2, {}, true);
    add_avg("overlapping, " + images, {batch, 1, 5, 6}, 3, 2, Padding::all(1), false);
  }
}

void add_dense_and_flatten(std::vector<LayerCase>& cases) {
  cases.push_back(make_case<Dense>("dense", "plain", Shape{3, 7}, 7, 5));
  cases.push_back(make_case<Dense>("dense", "1 to 1, batch 1", Shape{1, 1}, 1, 1));
  cases.push_back(make_case<Dense>("dense", "no bias", Shape{4, 6}, 6, 3, false));
  cases.push_back(make_case<Dense>("dense", "off the tile", Shape{13, 33}, 33, 35));
  cases.push_back(make_case<Dense>("dense", "enough for three threads", Shape{33, 301}, 301, 99));
  cases.push_back(make_case<Dense>("dense", "sums longer than a block", Shape{2, 300}, 300, 6));
  cases.push_back(make_case<Flatten>("flatten", "plain", Shape{2, 3, 4, 5}));
  cases.push_back(make_case<Flatten>("flatten", "1x1 image, batch 1", Shape{1, 1, 1, 1}));
  for (const int batch : lane_batches) {
    const std::string images = std::to_string(batch) + " images";
    cases.push_back(make_case<Dense>("dense", images, Shape{batch, 5}, 5, 3));
    cases.push_back(make_case<Flatten>("flatten", images, Shape{batch, 2, 3, 2}));
  }
}

void add_activations(std::vector<LayerCase>& cases) {
  std::vector<std::pair<std::string, Shape>> shapes = {
      {"plain", {2, 3, 4, 5}}, {"one number", {1, 1, 1, 1}}, {"many numbers", {5, 7, 43, 37}}};
  for (const int batch : lane_batches) {
    shapes.push_back({std::to_string(batch) + " images", {batch, 2, 1, 3}});
  }
  for (const auto& [name, x] : shapes) {
    if (x.c > 1) cases.push_back(make_case<Softmax>("softmax", name, x));
    cases.push_back(make_case<Relu>("relu", name, x));
    cases.push_back(make_case<LeakyRelu>("leaky_relu", name, x));
    cases.push_back(make_case<LeakyRelu>("leaky_relu", name + ", slope 0.3", x, real(0.3)));
    cases.push_back(make_case<Tanh>("tanh", name, x));
    cases.push_back(make_case<ScaledTanh>("scaled_tanh", name, x));
    cases.push_back(make_case<Sigmoid>("sigmoid", name, x));
  }
  cases.push_back(make_case<Softmax>("softmax", "scores", Shape{3, 10}));
  cases.push_back(make_case<Softmax>("softmax", "at every pixel", Shape{2, 4, 3, 5}));
  cases.push_back(make_case<Softmax>("softmax", "scores of 33 images", Shape{33, 10}));
  cases.push_back(make_case<Softmax>("softmax", "several vectors of pixels", Shape{2, 3, 9, 11}));
  cases.push_back(make_case<Softmax>("softmax", "many channels", Shape{2, 70, 3, 6}));
}

void add_losses(std::vector<LayerCase>& cases) {
  cases.push_back(make_case<CrossEntropyLayer>("softmax_cross_entropy", "10 classes", Shape{4, 10},
                                               std::vector<int>{3, 0, 9, 3}));
  cases.push_back(make_case<CrossEntropyLayer>("softmax_cross_entropy", "batch 1", Shape{1, 2},
                                               std::vector<int>{1}));
  cases.push_back(
      make_case<SquaredErrorLayer>("mean_squared_error", "plain", Shape{3, 2, 4, 2}, real(0.3)));
  cases.push_back(
      make_case<SquaredErrorLayer>("mean_squared_error", "one number", Shape{1}, real(2)));
}

std::unique_ptr<Sequential> small_branch(int in, int out, int kernel) {
  auto branch = std::make_unique<Sequential>();
  branch->add<Conv2d>(in, out, kernel, Conv2dOptions{.padding = Padding::same()}).add<Tanh>();
  return branch;
}

// Networks whose convolutions run as one with what follows them. With 33 images, 3 blocks of lanes,
// up to 3 threads fuse; with 17 images 2 do, and the third makes the layers run one by one.
void add_fused(std::vector<LayerCase>& cases) {
  const auto add = [&](const std::string& name, const Shape& x, auto&& fill) {
    cases.push_back({"sequential", "fused: " + name, x, [fill]() -> std::unique_ptr<Layer> {
                       auto net = std::make_unique<Sequential>();
                       fill(*net);
                       net->fuse();
                       return net;
                     }});
  };
  add("conv, tanh, average pool", {17, 2, 6, 5},
      [](Sequential& net) { net.add<Conv2d>(2, 3, 3).add<ScaledTanh>().add<AvgPool2d>(2); });
  add("conv, relu, max pool, twice", {33, 1, 8, 8}, [](Sequential& net) {
    net.add<Conv2d>(1, 2, 3, Conv2dOptions{.padding = Padding::same()})
        .add<Relu>()
        .add<MaxPool2d>(2)
        .add<Conv2d>(2, 3, Size2(2, 3), Conv2dOptions{.bias = false})
        .add<Relu>()
        .add<MaxPool2d>(2, 1)
        .add<Flatten>()
        .add<Dense>(6, 2);
  });
  add("conv, max pool, sigmoid, stride and groups", {17, 4, 7, 6}, [](Sequential& net) {
    net.add<Conv2d>(4, 6, 3,
                    Conv2dOptions{.stride = {2, 1}, .padding = Padding::all(1), .groups = 2})
        .add<MaxPool2d>(2)
        .add<Sigmoid>();
  });
  add("conv, leaky relu, max pool with overlap", {9, 2, 7, 6}, [](Sequential& net) {
    net.add<Conv2d>(2, 3, 2).add<LeakyRelu>(real(0.3)).add<MaxPool2d>(3, 2, Padding::all(1));
  });
  add("conv, two activations", {16, 2, 3, 3}, [](Sequential& net) {
    net.add<Conv2d>(2, 2, 2, Conv2dOptions{.dilation = 2}).add<Tanh>().add<Relu>();
  });
  add("conv, two pools", {17, 1, 7, 7},
      [](Sequential& net) { net.add<Conv2d>(1, 2, 2).add<AvgPool2d>(2, 1).add<AvgPool2d>(2); });
  add("a convolution over the whole image, which stays alone", {17, 2, 3, 3},
      [](Sequential& net) { net.add<Conv2d>(2, 3, 3).add<Tanh>(); });
  add("one network in another", {17, 1, 5, 5}, [](Sequential& net) {
    auto part = std::make_unique<Sequential>();
    part->add<Conv2d>(1, 2, 3).add<Relu>();
    net.add(std::move(part)).add<Conv2d>(2, 1, 2).add<Relu>();
  });
}

void add_containers(std::vector<LayerCase>& cases) {
  cases.push_back(
      {"sequential", "conv, pool, flatten, dense", {2, 2, 6, 6}, [] {
         auto net = std::make_unique<Sequential>();
         net->add<Conv2d>(2, 3, 3).add<Tanh>().add<AvgPool2d>(2).add<Flatten>().add<Dense>(12, 4);
         return net;
       }});
  cases.push_back({"sequential", "one in another", {2, 2, 4, 4}, [] {
                     auto net = std::make_unique<Sequential>();
                     net->add(small_branch(2, 3, 3)).add(small_branch(3, 1, 1));
                     return net;
                   }});
  cases.push_back({"residual", "shortcut x", {2, 3, 4, 4}, [] {
                     return std::make_unique<Residual>(small_branch(3, 3, 3));
                   }});
  cases.push_back({"residual", "1x1 convolution as the shortcut", {2, 3, 4, 4}, [] {
                     return std::make_unique<Residual>(small_branch(3, 5, 3),
                                                       std::make_unique<Conv2d>(3, 5, 1));
                   }});
  for (const int batch : lane_batches) {
    const std::string images = std::to_string(batch) + " images";
    cases.push_back({"residual", "tanh and average, " + images, {batch, 2, 3, 3}, [] {
                       return std::make_unique<Residual>(
                           std::make_unique<Tanh>(),
                           std::make_unique<AvgPool2d>(3, 1, Padding::all(1)));
                     }});
    cases.push_back({"concat", "two poolings and a residual, " + images, {batch, 3, 4, 5}, [] {
                       std::vector<std::unique_ptr<Layer>> branches;
                       branches.push_back(std::make_unique<MaxPool2d>(3, 1, Padding::all(1)));
                       branches.push_back(std::make_unique<AvgPool2d>(3, 1, Padding::all(1)));
                       branches.push_back(std::make_unique<Residual>(std::make_unique<Sigmoid>()));
                       return std::make_unique<Concat>(std::move(branches));
                     }});
  }
  const auto concat = [](bool nested) {
    std::vector<std::unique_ptr<Layer>> branches;
    branches.push_back(small_branch(3, 2, 1));
    branches.push_back(small_branch(3, 4, 3));
    if (nested) branches.push_back(std::make_unique<Residual>(small_branch(3, 3, 3)));
    return std::make_unique<Concat>(std::move(branches));
  };
  cases.push_back({"concat", "two branches", {2, 3, 4, 5}, [=] { return concat(false); }});
  cases.push_back({"concat", "with a residual branch", {2, 3, 4, 5}, [=] { return concat(true); }});
}

}  // namespace

std::vector<LayerCase> layer_cases() {
  std::vector<LayerCase> cases;
  add_conv2d(cases);
  add_pooling(cases);
  add_dense_and_flatten(cases);
  add_activations(cases);
  add_losses(cases);
  add_containers(cases);
  add_fused(cases);
  return cases;
}

std::vector<LayerCase> layer_cases(const std::string& layer) {
  std::vector<LayerCase> cases = layer_cases();
  std::erase_if(cases, [&](const LayerCase& c) { return c.layer != layer; });
  return cases;
}

std::vector<std::string> layer_names() {
  std::vector<std::string> names;
  for (const LayerCase& c : layer_cases()) {
    if (std::find(names.begin(), names.end(), c.layer) == names.end()) names.push_back(c.layer);
  }
  return names;
}

}  // namespace longhand
