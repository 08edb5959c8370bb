#include "datasets/digit.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "datasets/digit_ink.h"

namespace longhand {

namespace {

constexpr int field_size = 28;  // MNIST's images
constexpr int box_size = 20;    // the digit in them

// Grey levels in fractions: a line of one pixel in a large picture is worth little in a small one.
struct Grid {
  Grid(int height_, int width_)
      : height(height_),
        width(width_),
        values(static_cast<std::size_t>(height) * static_cast<std::size_t>(width)) {}
  double& at(int h, int w) {
    return values[static_cast<std::size_t>(h) * static_cast<std::size_t>(width) +
                  static_cast<std::size_t>(w)];
  }
  double at(int h, int w) const { return const_cast<Grid*>(this)->at(h, w); }
  int height, width;
  std::vector<double> values;
};

// Step 3, second half.
Grid cut_out_ink(const Image& image) {
  int top = image.height, bottom = -1, left = image.width, right = -1;
  for (int h = 0; h < image.height; ++h) {
    for (int w = 0; w < image.width; ++w) {
      if (image.pixels[pixel_index(image, h, w)] == 0) continue;
      top = std::min(top, h);
      bottom = std::max(bottom, h);
      left = std::min(left, w);
      right = std::max(right, w);
    }
  }
  Grid ink(bottom - top + 1, right - left + 1);
  for (int h = 0; h < ink.height; ++h) {
    for (int w = 0; w < ink.width; ++w) {
      ink.at(h, w) = image.pixels[pixel_index(image, top + h, left + w)];
    }
  }
  return ink;
}

// The grid with another width, and then mirrored at its diagonal (rows for columns): done twice,
// both sides have been resized. A narrower grid gets the mean of what each new pixel covers; a
// wider one is interpolated linearly between the centres of the old pixels.
Grid resize_width_and_transpose(const Grid& grid, int width) {
  Grid resized(width, grid.height);
  const bool narrower = width < grid.width;
  const double step = static_cast<double>(grid.width) / width;
  for (int w = 0; w < width; ++w) {
    const double centre = std::clamp((w + 0.5) * step - 0.5, 0.0, grid.width - 1.0);
    const double begin = narrower ? w * step : centre;
    const double end = narrower ? begin + step : centre + 1;
    const int last = std::min(static_cast<int>(std::ceil(end)), grid.width);
    for (int h = 0; h < grid.height; ++h) {
      double sum = 0;
      for (int i = static_cast<int>(begin); i < last; ++i) {
        sum += grid.at(h, i) * (std::min(i + 1.0, end) - std::max<double>(i, begin));
      }
      resized.at(w, h) = sum / (end - begin);
    }
  }
  return resized;
}

// Step 4. A thin line of a large picture grows pale as it shrinks; the darkest ink is 255 again
// afterwards (in the images of MNIST it is 254 or 255).
Grid fit_into_box(const Grid& ink) {
  const int longer = std::max(ink.height, ink.width);
  auto scaled = [&](int size) {
    const double exact = static_cast<double>(size) * box_size / longer;
    return std::max(static_cast<int>(std::lround(exact)), 1);
  };
  Grid box = resize_width_and_transpose(ink, scaled(ink.width));
  box = resize_width_and_transpose(box, scaled(ink.height));
  const double darkest = *std::max_element(box.values.begin(), box.values.end());
  for (double& value : box.values) value *= 255 / darkest;
  return box;
}

// Step 5. Pixels move by whole steps, as in MNIST, where the centres of mass are from 13.5 to 14.5
// along both axes; a box that would leave the field stops at its edge.
Image place_by_centre_of_mass(const Grid& box) {
  double mass = 0, sum_h = 0, sum_w = 0;
  for (int h = 0; h < box.height; ++h) {
    for (int w = 0; w < box.width; ++w) {
      mass += box.at(h, w);
      sum_h += box.at(h, w) * h;
      sum_w += box.at(h, w) * w;
    }
  }
  auto place = [](double centre, int size) {
    const double exact = (field_size - 1) / 2.0 - centre;
    const int begin = static_cast<int>(std::ceil(exact - 1e-6));  // rounding must not tip a tie
    return std::clamp(begin, 0, field_size - size);
  };
  const int top = place(sum_h / mass, box.height), left = place(sum_w / mass, box.width);
  Image field{1, field_size, field_size, std::vector<std::uint8_t>(field_size * field_size)};
  for (int h = 0; h < box.height; ++h) {
    for (int w = 0; w < box.width; ++w) {
      field.pixels[pixel_index(field, top + h, left + w)] = to_grey(box.at(h, w));
    }
  }
  return field;
}

}  // namespace

Image to_mnist_digit(const Image& picture) {
  if (picture.channels != 1 || picture.height < 1 || picture.width < 1 ||
      picture.pixels.size() !=
          static_cast<std::size_t>(picture.height) * static_cast<std::size_t>(picture.width)) {
    throw ValueError("to_mnist_digit: needs a grey picture (1 channel), not " +
                     std::to_string(picture.channels) + " channels of " +
                     std::to_string(picture.width) + " x " + std::to_string(picture.height) +
                     " pixels in " + std::to_string(picture.pixels.size()) + " bytes");
  }
  const Image image = find_ink(picture);
  return place_by_centre_of_mass(fit_into_box(cut_out_ink(image)));
}

}  // namespace longhand
