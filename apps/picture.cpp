// picture: what a trained LeNet makes of one digit, drawn: every layer's output on its way forward,
// and below it the gradient on its way back.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <vector>

#include "apps/support/device_option.h"
#include "apps/support/run_app.h"
#include "apps/support/trained_lenet.h"
#include "datasets/digit.h"
#include "datasets/image.h"
#include "layers/softmax_cross_entropy.h"

using namespace longhand;

namespace {

constexpr int row_height = 196;  // pixels of one of the two rows
constexpr int gap = 12;          // between columns, and around all

// An RGB picture that is drawn on, white at first.
struct Canvas {
  Canvas(int height, int width)
      : image{3, height, width,
              std::vector<std::uint8_t>(static_cast<std::size_t>(3 * height * width), 255)} {}

  void fill(int top, int left, int size, const std::uint8_t (&colour)[3]) {
    for (int c = 0; c < 3; ++c) {
      for (int h = top; h < top + size; ++h) {
        for (int w = left; w < left + size; ++w) {
          image.pixels[static_cast<std::size_t>((c * image.height + h) * image.width + w)] =
              colour[c];
        }
      }
    }
  }
  Image image;
};

// How the channels of a tensor are laid out: a grid of maps, column after column, each value a
// square of `scale` pixels.
struct Layout {
  explicit Layout(const Shape& shape) {
    const bool vector = shape.h == 1 && shape.w == 1;
    columns = vector ? (shape.c + vector_rows - 1) / vector_rows
                     : static_cast<int>(std::lround(std::sqrt(shape.c * 0.9)));
    rows = (shape.c + columns - 1) / columns;
    scale = std::clamp((row_height / rows - 1) / shape.h, 1, 7);
    width = columns * (shape.w * scale + 1);
  }
  static constexpr int vector_rows = 24;
  int rows, columns, scale, width;
};

// Zero is white, positive numbers are orange, negative ones blue; the largest is the darkest.
void draw(const Tensor& values, int top, int left, Canvas& canvas) {
  const Shape& shape = values.shape();
  const Layout layout(shape);
  real largest = 0;
  for (std::int64_t i = 0; i < values.size(); ++i) largest = std::max(largest, std::abs(values[i]));
  if (!(largest > 0)) largest = 1;
  for (int c = 0; c < shape.c; ++c) {
    const int map_top = top + c % layout.rows * (shape.h * layout.scale + 1);
    const int map_left = left + c / layout.rows * (shape.w * layout.scale + 1);
    for (int h = 0; h < shape.h; ++h) {
      for (int w = 0; w < shape.w; ++w) {
        const real value = values.at(0, c, h, w) / largest;
        const auto fade = [&](int full) {
          return static_cast<std::uint8_t>(
              std::lround(245 + static_cast<double>(std::abs(value)) * (full - 245)));
        };
        const std::uint8_t orange[3] = {fade(214), fade(84), fade(0)};
        const std::uint8_t blue[3] = {fade(0), fade(82), fade(156)};
        canvas.fill(map_top + h * layout.scale, map_left + w * layout.scale, layout.scale,
                    value < 0 ? blue : orange);
      }
    }
  }
}

// The input and every layer's output for x, and the gradient of the loss by each of them.
struct Passes {
  std::vector<Tensor> outputs, gradients;
};

Passes run(Sequential& net, const Tensor& x, int label) {
  Passes passes;
  passes.outputs.push_back(x);
  const Tensor input = x.on(memory_of(net.device()));
  const Tensor* y = &input;
  for (int i = 0; i < net.size(); ++i) {
    y = &net.layer(i).forward(*y);
    passes.outputs.push_back(y->on(Memory::host));
  }
  SoftmaxCrossEntropy loss;
  loss.to(net.device());
  const std::vector<int> labels = {label};
  loss.forward(*y, labels);
  const Tensor* dy = &loss.backward();
  passes.gradients.push_back(dy->on(Memory::host));
  for (int i = net.size() - 1; i >= 0; --i) {
    dy = &net.layer(i).backward(*dy);
    passes.gradients.push_back(dy->on(Memory::host));
  }
  std::reverse(passes.gradients.begin(), passes.gradients.end());
  return passes;
}

Image draw(const Passes& passes) {
  int width = gap;
  for (const Tensor& output : passes.outputs) width += Layout(output.shape()).width + gap;
  Canvas canvas(2 * row_height + 3 * gap, width);
  int left = gap;
  for (std::size_t i = 0; i < passes.outputs.size(); ++i) {
    draw(passes.outputs[i], gap, left, canvas);
    draw(passes.gradients[i], row_height + 2 * gap, left, canvas);
    left += Layout(passes.outputs[i].shape()).width + gap;
  }
  return canvas.image;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Draws what a trained LeNet makes of one digit: above, from left to right, the image and "
      "every layer's output; below, the gradient of the loss by each. Orange is positive, blue "
      "negative, white zero.",
      "picture");
  std::string weights = default_weights;
  std::string out = "picture.png";
  std::string path;
  std::string device = "cpu";
  int label = 0;
  app.add_option("--load", weights, "the trained weights, as `lenet` saves them")
      ->capture_default_str()
      ->type_name("FILE");
  add_device_option(app, device);
  app.add_option("--label", label, "the digit that the loss is for")
      ->required()
      ->check(CLI::Range(0, 9));
  app.add_option("--out", out, "the PNG to write")->capture_default_str()->type_name("FILE");
  app.add_option("image", path, "an image of a handwritten digit")->required()->type_name("FILE");
  return run_app(app, argc, argv, [&] {
    const std::unique_ptr<Sequential> net = load_trained_lenet(weights, parse_device(device));
    const Tensor x = digit_input(to_mnist_digit(read_image(path, 1)));
    write_png(out, draw(run(*net, x, label)));
    std::cout << "The picture is in " << out << "\n";
    return 0;
  });
}
