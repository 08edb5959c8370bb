// In which layout a network runs on Device::cpu.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/cpu.h"
#include "layers/concat.h"
#include "layers/conv2d.h"
#include "layers/relu.h"
#include "layers/residual.h"
#include "layers/sequential.h"

namespace longhand::test {
namespace {

// Passes x and dy on, and remembers x's layout.
class Spy : public Layer {
 public:
  explicit Spy(Layout& seen) : seen_(seen) {}
  std::string describe() const override { return "spy"; }
  bool takes_lanes() const override { return true; }
  Shape output_shape(const Shape& shape) const override { return shape; }
  const Tensor& forward(const Tensor& input) override {
    seen_ = input.layout();
    return input;
  }
  const Tensor& backward(const Tensor& dy) override { return dy; }

 private:
  Layout& seen_;
};

std::unique_ptr<Layer> concat(std::unique_ptr<Layer> a, std::unique_ptr<Layer> b) {
  std::vector<std::unique_ptr<Layer>> branches;
  branches.push_back(std::move(a));
  branches.push_back(std::move(b));
  return std::make_unique<Concat>(std::move(branches));
}

std::unique_ptr<Layer> conv(int in, int out) {
  return std::make_unique<Conv2d>(in, out, 3, Conv2dOptions{.padding = Padding::same()});
}

// Inside a network on cpu that begins with `first`.
Layout layout_behind(std::unique_ptr<Layer> first, const Shape& shape) {
  Layout seen = Layout::nchw;
  Sequential net;
  net.add(std::move(first)).add<Spy>(seen);
  net.to(Device::cpu);
  net.forward(Tensor(shape));
  return seen;
}

}  // namespace

TEST_CASE("a network runs in lanes unless most of its multiplications are faster in NCHW") {
  if (cpu_rung() != CpuRung::best) return;  // no lanes on the lower rungs
  const Shape small{16, 32, 8, 8}, large{16, 32, 24, 24};
  CHECK(layout_behind(conv(32, 32), small) == Layout::lanes);
  CHECK(layout_behind(conv(32, 32), large) == Layout::nchw);
  CHECK(layout_behind(conv(32, 31), large) == Layout::lanes);
  CHECK(layout_behind(conv(31, 32), {16, 31, 24, 24}) == Layout::lanes);
  CHECK(layout_behind(std::make_unique<Relu>(), large) == Layout::lanes);
  // in containers
  auto inner = std::make_unique<Sequential>();
  inner->add(conv(32, 32));
  CHECK(layout_behind(std::move(inner), large) == Layout::nchw);
  CHECK(layout_behind(std::make_unique<Residual>(conv(32, 32)), large) == Layout::nchw);
  CHECK(layout_behind(std::make_unique<Residual>(std::make_unique<Relu>(), conv(32, 32)), large) ==
        Layout::nchw);
  CHECK(layout_behind(concat(std::make_unique<Relu>(), conv(32, 32)), large) == Layout::nchw);
}

TEST_CASE("lanes without an image: how many of them pay depends on the channels") {
  if (cpu_rung() != CpuRung::best) return;
  const auto behind = [](int in, int out, int images) {
    return layout_behind(conv(in, out), {images, in, 8, 8});
  };
  for (const int images : {11, 22, 32}) CHECK(behind(16, 16, images) == Layout::lanes);
  for (const int images : {10, 17, 21}) CHECK(behind(16, 16, images) == Layout::nchw);
  for (const int images : {8, 16, 17}) CHECK(behind(15, 16, images) == Layout::lanes);
  CHECK(behind(16, 15, 8) == Layout::lanes);
  CHECK(behind(15, 15, 7) == Layout::nchw);
}

TEST_CASE("what is faster in lanes is counted against what is not") {
  const Shape large{16, 32, 24, 24};
  const std::int64_t places = std::int64_t{16} * 24 * 24 * 9;
  Sequential net;
  net.add(conv(32, 40)).add<Relu>();
  CHECK(net.lanes_gain(large) == -places * 32 * 40);
  net.add(conv(40, 3)).add(concat(conv(3, 50), conv(3, 8)));
  CHECK(net.lanes_gain(large) == places * (-32 * 40 + 40 * 3 + 3 * 50 + 3 * 8));
  net.add(std::make_unique<Residual>(conv(58, 6), conv(58, 6)));
  CHECK(net.lanes_gain(large) == places * (-32 * 40 + 40 * 3 + 3 * 50 + 3 * 8 + 2 * 58 * 6));
}

}  // namespace longhand::test
