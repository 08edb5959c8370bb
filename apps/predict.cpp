// predict: reads images of handwritten digits and says what a trained LeNet takes them for.
#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "apps/support/device_option.h"
#include "apps/support/run_app.h"
#include "apps/support/trained_lenet.h"
#include "core/error.h"
#include "core/file.h"
#include "datasets/digit.h"
#include "datasets/image.h"
#include "layers/softmax.h"

using namespace longhand;

namespace {

constexpr int classes = 10;
using Probabilities = std::array<double, classes>;

Probabilities classify(Sequential& network, const Image& digit) {
  Tensor x = digit_input(digit);
  x.to(network.device());
  Softmax softmax;
  softmax.to(network.device());
  const Tensor y = softmax.forward(network.forward(x)).on(Memory::host);
  Probabilities probabilities{};
  std::copy_n(y.data(), classes, probabilities.begin());
  return probabilities;
}

int most_likely(const Probabilities& probabilities) {
  return static_cast<int>(std::max_element(probabilities.begin(), probabilities.end()) -
                          probabilities.begin());
}

// The digit as the network sees it. A character is about twice as high as wide, so it stands for
// two pixels, one above the other.
void print_picture(const Image& digit) {
  const std::string characters = " .:-=+*#%@";  // from paper to ink
  for (int h = 0; h + 1 < digit.height; h += 2) {
    std::string line = "  |";
    for (int w = 0; w < digit.width; ++w) {
      const auto above = static_cast<std::size_t>(h * digit.width + w);
      const auto below = above + static_cast<std::size_t>(digit.width);
      const std::size_t mean = (digit.pixels[above] + std::size_t{digit.pixels[below]}) / 2;
      line += characters[mean * characters.size() / 256];
    }
    std::cout << line << "|\n";
  }
}

std::string percent(double probability) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << 100 * probability << " %";
  return text.str();
}

void print_bars(const Probabilities& probabilities) {
  for (int digit = 0; digit < classes; ++digit) {
    const double probability = probabilities[static_cast<std::size_t>(digit)];
    const auto length = static_cast<std::size_t>(std::lround(40 * probability));
    std::cout << "  " << digit << std::setw(9) << percent(probability) << "  "
              << std::string(length, '#') << "\n";
  }
}

// Reads, classifies and prints one image. Returns what goes into the JSON file.
nlohmann::json predict(Sequential& network, const std::string& path, bool quiet) {
  const Image digit = to_mnist_digit(read_image(path, 1));
  const Probabilities probabilities = classify(network, digit);
  const int best = most_likely(probabilities);
  const double confidence = probabilities[static_cast<std::size_t>(best)];
  std::cout << path << ": " << best << " (" << percent(confidence) << ")\n";
  if (!quiet) {
    print_picture(digit);
    print_bars(probabilities);
    std::cout << "\n";
  }
  return {{"file", path}, {"digit", best}, {"probabilities", probabilities}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Says which digit is on each image: an image file of any size, light on "
      "dark or dark on light.",
      "predict");
  std::string weights = default_weights;
  std::string json_file;
  std::string device = "cpu";
  bool quiet = false;
  std::vector<std::string> paths;
  app.add_option("--load", weights, "The trained weights, as `lenet` saves them")
      ->capture_default_str()
      ->type_name("FILE");
  add_device_option(app, device);
  app.add_option("--json", json_file, "Write the results there as JSON too")->type_name("FILE");
  app.add_flag("--quiet", quiet, "One line an image: no picture, no bars");
  app.add_option("images", paths, "The images")->required()->type_name("FILE");

  return run_app(app, argc, argv, [&] {
    const std::unique_ptr<Sequential> network = load_trained_lenet(weights, parse_device(device));
    nlohmann::json results = nlohmann::json::array();
    int exit_code = 0;
    for (const std::string& path : paths) {
      auto report = [&](const std::string& message) {
        std::cerr << app.get_name() << ": " << message << "\n";
        results.push_back({{"file", path}, {"error", message}});
        exit_code = 1;
      };
      try {
        results.push_back(predict(*network, path, quiet));
      } catch (const ValueError& error) {  // about what is on the image: the file is not named
        report(path + ": " + error.what());
      } catch (const Error& error) {
        report(error.what());
      }
    }
    if (!json_file.empty()) {  // a file's name may be no UTF-8; JSON must be
      write_file(json_file,
                 results.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    }
    return exit_code;
  });
}
