// The numbers of docs/activations.md.
#include <cmath>
#include <limits>

#include "layers/leaky_relu.h"
#include "layers/relu.h"
#include "layers/sigmoid.h"
#include "layers/softmax.h"
#include "layers/tanh.h"
#include "tests/layers/golden.h"
#include "tests/support/checks.h"

namespace longhand::test {
namespace {

constexpr real inf = std::numeric_limits<real>::infinity();
constexpr real nan = std::numeric_limits<real>::quiet_NaN();

// The layer on every device: y = f(x), and dx for that dy.
template <class L, class... Args>
void check_layer(const Tensor& x, const Tensor& y, const Tensor& dy, const Tensor& dx,
                 Args... args) {
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    L layer(args...);
    layer.to(device);
    check_close("y", layer.forward(x), y);
    check_close("dx", layer.backward(dy), dx);
  }
}

const Tensor points({1, 6}, {-2, -1, 0, 0.5, 1, 2});
const Tensor ones({1, 6}, {1, 1, 1, 1, 1, 1});

}  // namespace

TEST_CASE("relu: the gradient passes where x is above zero") {
  const Tensor x({1, 5}, {-2, -0.5, 0, 0.5, 3}), dy({1, 5}, {1, 2, 3, 4, 5});
  const Tensor y({1, 5}, {0, 0, 0, 0.5, 3}), dx({1, 5}, {0, 0, 0, 4, 5});
  check_layer<Relu>(x, y, dy, dx);
  Tensor found_y(x.shape()), found_dx(x.shape());
  ref::relu_forward(5, x.data(), found_y.data());
  ref::relu_backward(5, x.data(), dy.data(), found_dx.data());
  check_equal("y", found_y, y);
  check_equal("dx", found_dx, dx);
}

TEST_CASE("relu: infinities and NaN") {
  const Tensor x({1, 3}, {-inf, inf, nan});
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    Relu relu;
    relu.to(device);
    const Tensor& y = relu.forward(x);
    CHECK(y[0] == 0);
    CHECK(y[1] == inf);
    CHECK(std::isnan(y[2]));
  }
}

TEST_CASE("leaky relu: a fraction passes below zero") {
  const Tensor x({1, 5}, {-2, -0.5, 0, 0.5, 3}), dy({1, 5}, {1, 2, 3, 4, 5});
  check_layer<LeakyRelu>(x, decimals({1, 5}, {-0.02, -0.005, 0, 0.5, 3}), dy,
                         decimals({1, 5}, {0.01, 0.02, 0.03, 4, 5}));
  const Tensor y({1, 5}, {-0.5, -0.125, 0, 0.5, 3}), dx({1, 5}, {0.25, 0.5, 0.75, 4, 5});
  check_layer<LeakyRelu>(x, y, dy, dx, real(0.25));
  Tensor found_y(x.shape()), found_dx(x.shape());
  ref::leaky_relu_forward({5, 0.25}, x.data(), found_y.data());
  ref::leaky_relu_backward({5, 0.25}, x.data(), dy.data(), found_dx.data());
  check_equal("y", found_y, y);
  check_equal("dx", found_dx, dx);
  CHECK(LeakyRelu().describe() == "leaky_relu 0.01");
}

TEST_CASE("tanh") {
  const Tensor y = decimals({1, 6}, {-0.964028, -0.761594, 0, 0.462117, 0.761594, 0.964028});
  const Tensor slope = decimals({1, 6}, {0.070651, 0.419974, 1, 0.786448, 0.419974, 0.070651});
  check_layer<Tanh>(points, y, ones, slope);
  Tensor found_y(points.shape()), found_dx(points.shape());
  ref::tanh_forward({.size = 6}, points.data(), found_y.data());
  ref::tanh_backward({.size = 6}, found_y.data(), ones.data(), found_dx.data());
  check_close("y", found_y, y);
  check_close("dx", found_dx, slope);
  CHECK(Tanh().describe() == "tanh");
}

TEST_CASE("scaled tanh: 1.7159 tanh(2/3 x), so that f(1) is 1") {
  const Tensor y = decimals({1, 6}, {-1.492939, -0.999997, 0, 0.551684, 0.999997, 1.492939});
  const Tensor slope =
      decimals({1, 6}, {0.277967, 0.755412, 1.143933, 1.025684, 0.755412, 0.277967});
  check_layer<ScaledTanh>(points, y, ones, slope);
  const TanhGeometry g{.size = 6, .amplitude = real(1.7159), .slope = real(2.0 / 3.0)};
  Tensor found_y(points.shape()), found_dx(points.shape());
  ref::tanh_forward(g, points.data(), found_y.data());
  ref::tanh_backward(g, found_y.data(), ones.data(), found_dx.data());
  check_close("y", found_y, y);
  check_close("dx", found_dx, slope);
}

TEST_CASE("sigmoid") {
  const Tensor y = decimals({1, 6}, {0.119203, 0.268941, 0.5, 0.622459, 0.731059, 0.880797});
  const Tensor slope = decimals({1, 6}, {0.104994, 0.196612, 0.25, 0.235004, 0.196612, 0.104994});
  check_layer<Sigmoid>(points, y, ones, slope);
  Tensor found_y(points.shape()), found_dx(points.shape());
  ref::sigmoid_forward(6, points.data(), found_y.data());
  ref::sigmoid_backward(6, found_y.data(), ones.data(), found_dx.data());
  check_close("y", found_y, y);
  check_close("dx", found_dx, slope);
}

TEST_CASE("far from zero tanh and sigmoid are flat, and nothing overflows") {
  const Tensor x({1, 4}, {-1000, 1000, -inf, inf}), dy({1, 4}, {1, 1, 1, 1});
  const Tensor zeros({1, 4});
  check_layer<Tanh>(x, {{1, 4}, {-1, 1, -1, 1}}, dy, zeros);
  check_layer<Sigmoid>(x, {{1, 4}, {0, 1, 0, 1}}, dy, zeros);
}

TEST_CASE("softmax: scores 1 2 3") {
  const Tensor x({1, 3}, {1, 2, 3}), y = decimals({1, 3}, {0.090031, 0.244728, 0.665241});
  const Tensor first({1, 3}, {1, 0, 0}),
      first_dx = decimals({1, 3}, {0.081925, -0.022033, -0.059892});
  check_layer<Softmax>(x, y, first, first_dx);
  check_layer<Softmax>(x, y, x, decimals({1, 3}, {-0.141817, -0.140770, 0.282587}));
  check_layer<Softmax>(x, y, {{1, 3}, {5, 5, 5}}, {{1, 3}, {0, 0, 0}});
  Tensor found_y(x.shape()), found_dx(x.shape());
  ref::softmax_forward(x.shape(), x.data(), found_y.data());
  ref::softmax_backward(x.shape(), found_y.data(), first.data(), found_dx.data());
  check_close("y", found_y, y);
  check_close("dx", found_dx, first_dx);
}

TEST_CASE("softmax: infinities, NaN and very large scores") {
  constexpr int pixels = 40, odd_pixel = 21;  // two vectors at a time, and a part of one
  for (const Device device : devices) {
    CAPTURE(to_string(device));
    for (const real odd : {-inf, nan}) {
      Tensor x({2, 3, 5, 8});
      for (int i = 0; i < 2 * pixels; ++i) {
        real* first = x.data() + i / pixels * 3 * pixels + i % pixels;
        first[0] = i == odd_pixel ? odd : real(1e30);
        first[pixels] = -inf;
        first[2 * pixels] = real(1e30);
      }
      Softmax softmax;
      softmax.to(device);
      const Tensor& y = softmax.forward(x);
      for (int i = 0; i < 2 * pixels; ++i) {
        const real* first = y.data() + i / pixels * 3 * pixels + i % pixels;
        if (i == odd_pixel && std::isnan(odd)) {
          REQUIRE(std::isnan(first[0]));
          continue;
        }
        REQUIRE(first[0] == (i == odd_pixel ? 0 : real(0.5)));
        REQUIRE(first[pixels] == 0);
        REQUIRE(first[2 * pixels] == (i == odd_pixel ? 1 : real(0.5)));
      }
    }
  }
}

TEST_CASE("softmax: along the channels, at each image and pixel by itself") {
  // Two channels, two pixels: the pairs (0, log 3) and (log 4, 0), then both again plus 1000.
  const real log3 = std::log(real(3)), log4 = std::log(real(4));
  const Tensor x({2, 2, 1, 2}, {0, log4, log3, 0, 1000, 1000, 1000, 1000});
  check_layer<Softmax>(x, decimals({2, 2, 1, 2}, {0.25, 0.8, 0.75, 0.2, 0.5, 0.5, 0.5, 0.5}),
                       {{2, 2, 1, 2}, {16, 0, 0, 25, 4, 0, 0, 4}},
                       {{2, 2, 1, 2}, {3, -4, -3, 4, 1, -1, -1, 1}});
}

TEST_CASE("the shape stays, and a dy of another shape is refused") {
  Relu relu;
  LeakyRelu leaky_relu;
  Tanh tanh;
  ScaledTanh scaled_tanh;
  Sigmoid sigmoid;
  Softmax softmax;
  const Tensor x({2, 3, 4, 5}), wrong({2, 3, 5, 4});
  for (Layer* layer :
       std::initializer_list<Layer*>{&relu, &leaky_relu, &tanh, &scaled_tanh, &sigmoid, &softmax}) {
    CAPTURE(layer->describe());
    CHECK(layer->params().empty());
    CHECK_THROWS_AS(layer->backward(x), OrderError);
    CHECK(to_string(layer->forward(x).shape()) == "2x3x4x5");
    check_mentions(message_of<ShapeError>([&] { layer->backward(wrong); }),
                   {layer->describe().c_str(), "2x3x5x4", "2x3x4x5"});
    CHECK(to_string(layer->backward(x).shape()) == "2x3x4x5");
    CHECK_THROWS_AS(layer->backward(x), OrderError);
  }
}

}  // namespace longhand::test

TEST_CASE("relu: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("relu");
}

TEST_CASE("leaky_relu: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("leaky_relu");
}

TEST_CASE("tanh: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("tanh");
}

TEST_CASE("scaled_tanh: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("scaled_tanh");
}

TEST_CASE("sigmoid: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("sigmoid");
}

TEST_CASE("softmax: gradient check, contract and parity, with every option") {
  longhand::test::run_cases("softmax");
}
