// The built-in sample: as many digits of each class as it says, and damage named.
#include "datasets/sample.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>

#include "datasets/image.h"
#include "tests/datasets/idx_files.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using namespace longhand::test;

namespace {

const std::string folder = LONGHAND_SOURCE_DIR "/datasets/mnist_sample";

std::vector<std::uint8_t> digit(const Dataset& data, int i) {
  const auto start = data.pixels.begin() + i * 28 * 28;
  return {start, start + 28 * 28};
}

// Each class's mean image.
std::array<std::vector<double>, 10> means(const Dataset& data) {
  std::array<std::vector<double>, 10> result;
  result.fill(std::vector<double>(28 * 28));
  std::array<int, 10> counts{};
  for (int i = 0; i < data.count(); ++i) ++counts[data.labels[static_cast<std::size_t>(i)]];
  for (int i = 0; i < data.count(); ++i) {
    const std::size_t label = data.labels[static_cast<std::size_t>(i)];
    const std::vector<std::uint8_t> pixels = digit(data, i);
    for (std::size_t k = 0; k < pixels.size(); ++k)
      result[label][k] += pixels[k] / double(counts[label]);
  }
  return result;
}

// A folder with a copy of the sample to damage.
class Copy {
 public:
  Copy() {
    std::filesystem::copy(folder + "/digits.png", dir_.file("digits.png"));
    std::filesystem::copy(folder + "/labels.txt", dir_.file("labels.txt"));
  }
  std::string file(const std::string& name) const { return dir_.file(name); }
  std::string error() const {
    return file_error([this] { load_mnist_sample(dir_.path().string()); });
  }

 private:
  TempDir dir_;
};

}  // namespace

TEST_CASE("the sample has 400 digits of each class to train on and 100 to test with") {
  const TrainTest sample = load_mnist_sample();
  CHECK(sample.source == "the built-in sample of MNIST");
  for (const auto& [part, count] : {std::pair{&sample.train, 400}, std::pair{&sample.test, 100}}) {
    CHECK(part->image == Shape{1, 1, 28, 28});
    REQUIRE(part->count() == 10 * count);
    REQUIRE(part->pixels.size() == part->labels.size() * 28 * 28);
    for (int label = 0; label < 10; ++label)
      CHECK(std::ranges::count(part->labels, label) == count);
    for (std::size_t i = 0; i < part->labels.size(); ++i) CHECK(part->labels[i] == i % 10);
  }
}

TEST_CASE("no digit of the sample is there twice") {
  const TrainTest sample = load_mnist_sample();
  std::set<std::vector<std::uint8_t>> digits;
  for (const Dataset* part : {&sample.train, &sample.test}) {
    for (int i = 0; i < part->count(); ++i) digits.insert(digit(*part, i));
  }
  CHECK(digits.size() == 5000);
}

TEST_CASE("digits are where the sheet has them") {
  const TrainTest sample = load_mnist_sample();
  const Image sheet = read_image(folder + "/digits.png");
  const auto on_sheet = [&sheet](int row, int column) {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < 28; ++y) {
      const auto start = sheet.pixels.begin() + (row * 28 + y) * 2800 + column * 28;
      pixels.insert(pixels.end(), start, start + 28);
    }
    return pixels;
  };
  CHECK(digit(sample.train, 0) == on_sheet(0, 0));
  CHECK(digit(sample.train, 3) == on_sheet(15, 0));
  CHECK(digit(sample.train, 10) == on_sheet(0, 1));
  CHECK(digit(sample.train, 3999) == on_sheet(48, 99));
  CHECK(digit(sample.test, 0) == on_sheet(4, 0));
  CHECK(digit(sample.test, 999) == on_sheet(49, 99));
}

TEST_CASE("the labels are the digits'") {
  // The nearest mean of MNIST's classes is right for about 80 of 100 digits; if rows and labels did
  // not match it would be for 10.
  const TrainTest sample = load_mnist_sample();
  const auto mean = means(sample.train);
  int right = 0;
  for (int i = 0; i < sample.test.count(); ++i) {
    const std::vector<std::uint8_t> pixels = digit(sample.test, i);
    std::array<double, 10> distance{};
    for (std::size_t label = 0; label < 10; ++label) {
      for (std::size_t k = 0; k < pixels.size(); ++k) {
        distance[label] += std::pow(pixels[k] - mean[label][k], 2);
      }
    }
    const auto nearest = std::ranges::min_element(distance) - distance.begin();
    right += nearest == sample.test.labels[static_cast<std::size_t>(i)];
  }
  CHECK(right > 700);
}

TEST_CASE("what is damaged is named") {
  SUBCASE("no sheet") {
    const Copy copy;
    std::filesystem::remove(copy.file("digits.png"));
    check_words(copy.error(), {copy.file("digits.png")});
  }
  SUBCASE("a sheet of another size") {
    const Copy copy;
    write_png(copy.file("digits.png"), {1, 28, 2800, std::vector<std::uint8_t>(28 * 2800)});
    check_words(copy.error(), {copy.file("digits.png"), "2800x28", "2800x1400"});
  }
  SUBCASE("a sheet in colour") {
    const Copy copy;
    write_png(copy.file("digits.png"), {3, 1400, 2800, std::vector<std::uint8_t>(3 * 1400 * 2800)});
    check_words(copy.error(), {copy.file("digits.png"), "3 channel", "grey"});
  }
  SUBCASE("no labels") {
    const Copy copy;
    std::filesystem::remove(copy.file("labels.txt"));
    check_words(copy.error(), {copy.file("labels.txt")});
  }
  SUBCASE("too few lines of labels") {
    const Copy copy;
    write_bytes(copy.file("labels.txt"), read_bytes(folder + "/labels.txt").substr(0, 49 * 101));
    check_words(copy.error(), {copy.file("labels.txt"), "49 lines", "expected 50"});
  }
  SUBCASE("a label that is no figure") {
    const Copy copy;
    std::string labels = read_bytes(folder + "/labels.txt");
    labels[2 * 101 + 5] = 'x';
    write_bytes(copy.file("labels.txt"), labels);
    check_words(copy.error(), {copy.file("labels.txt"), "line 3", "100 figures"});
  }
  SUBCASE("a short line of labels") {
    const Copy copy;
    std::string labels = read_bytes(folder + "/labels.txt");
    labels.erase(0, 1);
    write_bytes(copy.file("labels.txt"), labels);
    check_words(copy.error(), {copy.file("labels.txt"), "line 1", "100 figures"});
  }
}
