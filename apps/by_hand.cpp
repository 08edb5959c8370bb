// by_hand: one training step of a very small convolutional network with every number written out,
// as a student works it on paper. Each number is counted twice, here from the factors shown and by
// the engine's layers, and each gradient a third time from the loss alone. What it prints is in
// apps/by_hand/: forward.h, backward.h, update.h, check.h.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iostream>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "apps/by_hand/backward.h"
#include "apps/by_hand/check.h"
#include "apps/by_hand/forward.h"
#include "apps/by_hand/net.h"
#include "apps/by_hand/print.h"
#include "apps/by_hand/update.h"
#include "apps/support/run_app.h"

namespace longhand::by_hand {
namespace {

void print_given(std::ostream& out, Net& net, double learning_rate) {
  out << "One training step by hand\n"
         "=========================\n\n"
         "  x 4x4 -> conv2d 2x2 -> z 4x4 -> ReLU -> a 4x4 -> max-pool 2x2 -> p 2x2\n"
         "        -> flatten -> f 4 -> dense -> y -> loss L\n\n"
         "Indices are [row,column] and count from 0. At most 6 digits of a number are shown.\n"
         "Given: the image x, the kernel w with its bias b, the dense weights v with their\n"
         "bias c, the target t and the learning rate lr.\n";
  print_grids(out, {{"x", net.x}, {"w", net.conv.weight().value}});
  out << "\n  b = " << num(net.conv.bias().value[0]) << "\n"
      << "  v = " << list(net.dense.weight().value) << "\n"
      << "  c = " << num(net.dense.bias().value[0]) << "\n"
      << "  t = " << num(net.t[0]) << "\n"
      << "  lr = " << num(learning_rate) << "\n";
}

constexpr double largest = 1000;  // nobody multiplies larger numbers on paper

// One word of a list as a number; CLI::ValidationError naming the option when it is none.
double parse_number(const std::string& option, const std::string& word, double smallest) {
  double number = 0;
  const char* end = word.data() + word.size();
  const auto [stopped, code] = std::from_chars(word.data(), end, number);
  if (code == std::errc::invalid_argument || stopped != end) {
    throw CLI::ValidationError(option, "'" + word + "' is not a number");
  }
  if (code != std::errc() || !(number >= smallest && number <= largest)) {
    throw CLI::ValidationError(
        option, word + " is out of range: from " + num(smallest) + " to " + num(largest));
  }
  return number;
}

// An option of `count` numbers, set apart by commas or spaces; their defaults are what is there.
void add_numbers(CLI::App& app, const std::string& option, double* numbers, std::size_t count,
                 const std::string& help, double smallest = -largest) {
  auto parse = [=](const std::vector<std::string>& arguments) {
    std::string text;
    for (const std::string& argument : arguments) text += argument + " ";
    std::replace(text.begin(), text.end(), ',', ' ');
    std::istringstream words(text);
    std::vector<double> found;
    for (std::string word; words >> word;) found.push_back(parse_number(option, word, smallest));
    if (found.size() != count) {
      throw CLI::ValidationError(option, "needs " + std::to_string(count) +
                                             (count == 1 ? " number" : " numbers") + ", but got " +
                                             std::to_string(found.size()));
    }
    std::copy(found.begin(), found.end(), numbers);
  };
  std::string defaults;
  for (std::size_t i = 0; i < count; ++i) defaults += (i == 0 ? "" : ",") + num(numbers[i]);
  app.add_option_function<std::vector<std::string>>(option, parse, help)
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->type_name(count == 1 ? "NUMBER" : "NUMBERS")
      ->default_str(defaults);
}

void print_lesson(std::ostream& out, const Values& values, bool write_dx, double tolerance) {
  Net net(values);
  print_given(out, net, values.learning_rate);
  print_forward(out, net);
  net.backward();
  print_backward(out, net, write_dx);
  print_update(out, net, values.learning_rate);
  print_check(out, net, values, tolerance);
}

}  // namespace
}  // namespace longhand::by_hand

int main(int argc, char** argv) {
  using namespace longhand::by_hand;
  CLI::App app("One training step of a very small convolutional network, every number written out",
               "by_hand");
  app.footer("Numbers are set apart by commas or spaces. Write -0.5, not -.5.");
  Values values;
  bool image_gradient = false;
  double tolerance = 1e-6;
  add_numbers(app, "--image", values.image.data(), 16, "The 4x4 image, row by row: 16 numbers");
  add_numbers(app, "--kernel", values.kernel.data(), 4, "The 2x2 kernel w, row by row: 4 numbers");
  add_numbers(app, "--conv-bias", &values.conv_bias, 1, "The convolution's bias b");
  add_numbers(app, "--weights", values.weights.data(), 4, "The dense weights v: 4 numbers");
  add_numbers(app, "--dense-bias", &values.dense_bias, 1, "The dense bias c");
  add_numbers(app, "--target", &values.target, 1, "The target t");
  add_numbers(app, "--lr", &values.learning_rate, 1, "The learning rate", 0);
  add_numbers(app, "--tolerance", &tolerance, 1,
              "The largest relative error of a gradient that agrees", 0);
  app.add_flag("--image-gradient", image_gradient, "Write out the sums of the image's gradient");
  return longhand::run_app(app, argc, argv, [&] {
    print_lesson(std::cout, values, image_gradient, tolerance);
    return 0;
  });
}
