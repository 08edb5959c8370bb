#include "datasets/digit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "core/error.h"

using namespace longhand;

namespace {

// A drawn digit: its corners, as (h, w) in a square of side 1, joined by lines.
struct Point {
  double h, w;
};
using Line = std::vector<Point>;
const Line seven = {{0.2, 0.3}, {0.2, 0.7}, {0.8, 0.4}};
const Line two = {{0.35, 0.3}, {0.2, 0.5}, {0.35, 0.7}, {0.8, 0.3}, {0.8, 0.7}};
const Line one = {{0.2, 0.55}, {0.8, 0.45}};

double distance_to_segment(Point p, Point a, Point b) {
  const double dh = b.h - a.h, dw = b.w - a.w;
  const double t = ((p.h - a.h) * dh + (p.w - a.w) * dw) / (dh * dh + dw * dw);
  const double s = std::clamp(t, 0.0, 1.0);
  return std::hypot(p.h - a.h - s * dh, p.w - a.w - s * dw);
}

// Light lines on black, stretched over height x width pixels; edges fade over one pixel.
Image draw(const Line& line, int height, int width, double thickness) {
  Image image{1, height, width, {}};
  const double scale = std::min(height, width);
  for (int h = 0; h < height; ++h) {
    for (int w = 0; w < width; ++w) {
      const Point p{(h + 0.5) / scale, (w + 0.5) / scale};
      double nearest = 1e9;
      for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        const Point a{line[i].h * height / scale, line[i].w * width / scale};
        const Point b{line[i + 1].h * height / scale, line[i + 1].w * width / scale};
        nearest = std::min(nearest, distance_to_segment(p, a, b));
      }
      const double ink = std::clamp((thickness / 2 - nearest) * scale + 0.5, 0.0, 1.0);
      image.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * ink)));
    }
  }
  return image;
}

// Each pixel replaced by change(value, h, w), rounded and clamped.
Image changed(Image image, const std::function<double(double, int, int)>& change) {
  for (int i = 0; i < image.height * image.width; ++i) {
    std::uint8_t& value = image.pixels[static_cast<std::size_t>(i)];
    const double result = change(value, i / image.width, i % image.width);
    value = static_cast<std::uint8_t>(std::lround(std::clamp(result, 0.0, 255.0)));
  }
  return image;
}

Image inverted(const Image& image) {
  return changed(image, [](double value, int, int) { return 255 - value; });
}

double mean_difference(const Image& a, const Image& b) {
  REQUIRE(a.pixels.size() == b.pixels.size());
  REQUIRE(!a.pixels.empty());
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

struct Measures {
  double centre_h = 0, centre_w = 0;  // of mass
  int height = 0, width = 0;          // of the bounding box
  int darkest = 0;
  int ink = 0;  // pixels of at least half ink
};

Measures measure(const Image& digit) {
  REQUIRE(digit.channels == 1);
  REQUIRE(digit.height == 28);
  REQUIRE(digit.width == 28);
  REQUIRE(digit.pixels.size() == 28 * 28);
  Measures m;
  double mass = 0;
  int top = 28, bottom = -1, left = 28, right = -1;
  for (int h = 0; h < 28; ++h) {
    for (int w = 0; w < 28; ++w) {
      const int value = digit.pixels[static_cast<std::size_t>(h * 28 + w)];
      if (value == 0) continue;
      mass += value;
      m.centre_h += value * h;
      m.centre_w += value * w;
      m.darkest = std::max(m.darkest, value);
      m.ink += value >= 128;
      top = std::min(top, h);
      bottom = std::max(bottom, h);
      left = std::min(left, w);
      right = std::max(right, w);
    }
  }
  REQUIRE(mass > 0);
  m.centre_h /= mass;
  m.centre_w /= mass;
  m.height = bottom - top + 1;
  m.width = right - left + 1;
  return m;
}

// What is true of every image of MNIST.
void check_like_mnist(const Image& digit) {
  const Measures m = measure(digit);
  CHECK(m.centre_h >= 13.45);  // half a pixel around the middle, and rounding
  CHECK(m.centre_h <= 14.55);
  CHECK(m.centre_w >= 13.45);
  CHECK(m.centre_w <= 14.55);
  CHECK(std::max(m.height, m.width) == 20);
  CHECK(m.darkest == 255);
}

// Numbers that look random and are always the same: a linear congruential generator's high bits.
struct Noise {
  unsigned state = 1;
  double operator()() {  // 0 ... 1
    state = state * 1664525u + 1013904223u;
    return (state >> 8) / double(1 << 24);
  }
};

}  // namespace

TEST_CASE("a drawing of any size and shape becomes like an image of MNIST") {
  for (const Line& line : {seven, two, one}) {
    for (const std::pair<int, int>& size :
         {std::pair{28, 28}, {12, 12}, {40, 25}, {100, 300}, {640, 480}, {1500, 1500}}) {
      const int height = size.first, width = size.second;
      CAPTURE(height);
      CAPTURE(width);
      check_like_mnist(to_mnist_digit(draw(line, height, width, 0.1)));
    }
  }
}

TEST_CASE("the aspect ratio stays") {
  for (const int size : {50, 400}) {
    CAPTURE(size);
    // 0.7 high and 0.5 wide with its line's thickness: 20 x 14.3.
    const Measures tall = measure(to_mnist_digit(draw(seven, size, size, 0.1)));
    CHECK(tall.height == 20);
    CHECK(std::abs(tall.width - 14.3) <= 1);
    // Drawn over twice the width: 0.7 high, 0.9 wide.
    const Measures wide = measure(to_mnist_digit(draw(seven, size, 2 * size, 0.1)));
    CHECK(wide.width == 20);
    CHECK(std::abs(wide.height - 15.6) <= 1);
  }
}

TEST_CASE("the same drawing in another size is the same digit") {
  const Image small = to_mnist_digit(draw(two, 60, 60, 0.12));
  const Image large = to_mnist_digit(draw(two, 900, 900, 0.12));
  CHECK(mean_difference(small, large) < 10);
  CHECK(mean_difference(small, to_mnist_digit(draw(seven, 60, 60, 0.12))) > 30);
}

TEST_CASE("a thin line does not fade in a large picture") {
  CHECK(measure(to_mnist_digit(draw(seven, 1000, 1000, 0.006))).ink >= 20);
}

TEST_CASE("dark on light equals light on dark") {
  for (const int size : {28, 200}) {
    CAPTURE(size);
    const Image light = draw(two, size, size, 0.1);
    CHECK(to_mnist_digit(inverted(light)).pixels == to_mnist_digit(light).pixels);
  }
}

TEST_CASE("faint ink on grey, unevenly lit, noisy paper is brought to full contrast") {
  const Image clean = to_mnist_digit(draw(seven, 300, 200, 0.1));
  Noise noise;
  const Image photo = changed(draw(seven, 300, 200, 0.1), [&](double ink, int h, int w) {
    const double paper = 210 - 40.0 * h / 300 - 30.0 * w / 200;  // darker to one corner
    return paper - 80 * ink / 255 + 6 * (noise() - 0.5);
  });
  const Image digit = to_mnist_digit(photo);
  check_like_mnist(digit);
  CHECK(mean_difference(digit, clean) < 6);
  const auto paper = std::count(digit.pixels.begin(), digit.pixels.end(), 0);
  CHECK(paper > std::count(clean.pixels.begin(), clean.pixels.end(), 0) * 9 / 10);
}

TEST_CASE("little ink on a large, unevenly lit sheet is found") {
  Noise noise;
  const Image clean = draw(seven, 60, 60, 0.08);
  Image sheet{1, 300, 400, std::vector<std::uint8_t>(300 * 400)};
  for (std::size_t i = 0; i < clean.pixels.size(); ++i) {
    sheet.pixels[(i / 60 + 200) * 400 + i % 60 + 50] = clean.pixels[i];
  }
  const Image photo = changed(sheet, [&](double ink, int h, int w) {
    return 200 - h / 6.0 - w / 13.0 - 110 * ink / 255 + 12 * (noise() - 0.5);
  });
  CHECK(mean_difference(to_mnist_digit(photo), to_mnist_digit(clean)) < 6);
}

TEST_CASE("specks of dust do not count as ink") {
  Image picture = draw(two, 200, 200, 0.1);
  const Image clean = to_mnist_digit(picture);
  for (const std::size_t i : {200u * 3 + 190, 200u * 3 + 191, 200u * 195 + 5, 200u * 100 + 2}) {
    picture.pixels[i] = 255;
  }
  CHECK(to_mnist_digit(picture).pixels == clean.pixels);
}

TEST_CASE("a digit in two parts keeps both") {
  Image picture = draw({{0.1, 0.5}, {0.25, 0.5}}, 200, 200, 0.1);
  const Image low = draw({{0.5, 0.5}, {0.9, 0.5}}, 200, 200, 0.1);
  for (std::size_t i = 0; i < low.pixels.size(); ++i) picture.pixels[i] |= low.pixels[i];
  const Image digit = to_mnist_digit(picture);
  CHECK(measure(digit).height == 20);
  int rows_with_ink = 0;
  for (auto row = digit.pixels.begin(); row != digit.pixels.end(); row += 28) {
    rows_with_ink += std::any_of(row, row + 28, [](auto value) { return value > 0; });
  }
  CHECK(rows_with_ink < 20);  // between the parts there is none
  CHECK(rows_with_ink > 12);
}

TEST_CASE("an image of MNIST comes out nearly as it went in") {
  // One that is as MNIST makes them, by the other tests.
  for (const Line& line : {seven, two, one}) {
    const Image digit = to_mnist_digit(draw(line, 128, 128, 0.09));
    CHECK(mean_difference(to_mnist_digit(digit), digit) < 1);
  }
}

TEST_CASE("a picture cut close to the ink") {
  // A seven of 5 x 3 pixels: three of the four corners are ink.
  const Image seven_cut_close = {1,
                                 5,
                                 3,
                                 {255, 255, 255, 0, 0, 255, 0, 0, 255,  //
                                  0, 255, 0, 0, 255, 0}};
  const Image digit = to_mnist_digit(seven_cut_close);
  const Measures m = measure(digit);
  CHECK(m.height == 20);
  CHECK(m.width == 12);
}

TEST_CASE("a box far from its centre of mass stops at the field's edge") {
  // A thick blot at the top and a thin tail to the bottom: centred, the tail would leave the field.
  Image picture{1, 200, 200, std::vector<std::uint8_t>(200 * 200)};
  for (std::size_t h = 10; h < 190; ++h) {
    const std::size_t half = h < 40 ? 60 : 2;
    for (std::size_t w = 100 - half; w < 100 + half; ++w) picture.pixels[h * 200 + w] = 255;
  }
  const Image digit = to_mnist_digit(picture);
  CHECK(measure(digit).height == 20);
  CHECK(measure(digit).centre_h < 13);
  CHECK(std::any_of(digit.pixels.end() - 28, digit.pixels.end(), [](auto v) { return v > 0; }));
}

TEST_CASE("without ink there is no digit") {
  for (const int value : {0, 128, 255}) {
    const Image blank{1, 50, 40, std::vector<std::uint8_t>(50 * 40, std::uint8_t(value))};
    CHECK_THROWS_AS(to_mnist_digit(blank), ValueError);
  }
  CHECK_THROWS_AS(to_mnist_digit({1, 1, 1, {200}}), ValueError);

  const Image grey{1, 120, 90, std::vector<std::uint8_t>(120 * 90, 128)};
  const Image shaded = changed(grey, [](double, int h, int w) { return 100 + h / 2.0 + w / 3.0; });
  CHECK_THROWS_AS(to_mnist_digit(shaded), ValueError);
  for (const double amplitude : {4.0, 30.0, 200.0}) {
    Noise noise;
    const Image noisy =
        changed(grey, [&](double v, int, int) { return v + amplitude * (noise() - 0.5); });
    CHECK_THROWS_AS(to_mnist_digit(noisy), ValueError);
  }
}

TEST_CASE("only a grey picture is taken") {
  CHECK_THROWS_AS(to_mnist_digit({}), ValueError);
  CHECK_THROWS_AS(to_mnist_digit({3, 1, 1, {1, 2, 3}}), ValueError);
  CHECK_THROWS_AS(to_mnist_digit({1, 2, 2, {0, 255}}), ValueError);
}
