#include "datasets/digit_ink.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace longhand {

namespace {

// How many pixels have each of the 256 values.
using Histogram = std::array<std::int64_t, 256>;

Histogram count_values(const std::vector<std::uint8_t>& pixels) {
  Histogram histogram{};
  for (const std::uint8_t value : pixels) ++histogram[value];
  return histogram;
}

// The value that the given fraction of the pixels with values begin ... end - 1 do not exceed.
int quantile(const Histogram& histogram, double fraction, int begin = 0, int end = 256) {
  const auto from = histogram.begin() + begin, to = histogram.begin() + end;
  std::int64_t total = 0;
  for (auto it = from; it != to; ++it) total += *it;
  std::int64_t seen = 0;
  for (auto it = from; it != to; ++it) {
    seen += *it;
    if (seen > 0 && static_cast<double>(seen) >= fraction * static_cast<double>(total)) {
      return static_cast<int>(it - histogram.begin());
    }
  }
  return end - 1;
}

int median(const Histogram& histogram) {
  return quantile(histogram, 0.5);
}

// The smallest value of the brighter class when the values are cut into two classes whose variance
// n0 n1 (m0 - m1)^2 is the largest (Otsu 1979, "A threshold selection method from gray-level
// histograms"); 256 when there is one value only.
int otsu_threshold(const Histogram& histogram) {
  double n = 0, sum = 0;
  for (std::size_t value = 0; value < 256; ++value) {
    n += static_cast<double>(histogram[value]);
    sum += static_cast<double>(histogram[value]) * static_cast<double>(value);
  }
  double n0 = 0, sum0 = 0, largest = 0;
  int best = 256;
  for (int threshold = 1; threshold < 256; ++threshold) {
    const auto count = static_cast<double>(histogram[static_cast<std::size_t>(threshold - 1)]);
    n0 += count;
    sum0 += count * (threshold - 1);
    const double n1 = n - n0;
    if (n0 == 0 || n1 == 0) continue;
    const double distance = sum0 / n0 - (sum - sum0) / n1;
    if (n0 * n1 * distance * distance > largest) {
      largest = n0 * n1 * distance * distance;
      best = threshold;
    }
  }
  return best;
}

// What paper and ink look like in a picture with bright ink.
struct Levels {
  int paper = 0;
  int noise = 0;  // the median of the paper's deviations from its level
  int ink = 0;
  int contrast() const { return ink - paper; }
  // Noise alone, cut in two, shows a contrast of less than 6 times its noise.
  int contrast_needed() const { return std::max(16, 7 * noise); }
};

Levels measure_levels(const Image& image) {
  const Histogram histogram = count_values(image.pixels);
  const int threshold = otsu_threshold(histogram);
  Levels levels;
  levels.paper = quantile(histogram, 0.5, 0, threshold);
  Histogram deviations{};
  for (int value = 0; value < threshold; ++value) {
    deviations[static_cast<std::size_t>(std::abs(value - levels.paper))] +=
        histogram[static_cast<std::size_t>(value)];
  }
  levels.noise = median(deviations);
  // Not the maximum: it may be a speck.
  levels.ink = threshold == 256 ? levels.paper : quantile(histogram, 0.9, threshold);
  return levels;
}

// Step 1. The picture with ink brighter than paper.
void make_ink_bright(Image& image) {
  std::vector<std::uint8_t> border;
  for (int h = 0; h < image.height; ++h) {
    const bool whole_row = h == 0 || h == image.height - 1;
    for (int w = 0; w < image.width; w += whole_row ? 1 : std::max(image.width - 1, 1)) {
      border.push_back(image.pixels[pixel_index(image, h, w)]);
    }
  }
  const int paper = median(count_values(border));
  const auto [low, high] = std::minmax_element(image.pixels.begin(), image.pixels.end());
  if (2 * paper <= *low + *high) return;
  for (std::uint8_t& value : image.pixels) value = static_cast<std::uint8_t>(255 - value);
}

// Step 2, first half. Light falls unevenly on paper: its value is measured in the four corners,
// taken to change evenly between them, and what exceeds the darkest corner is subtracted.
Image without_shading(const Image& image) {
  const int block_h = std::max(image.height / 8, 1), block_w = std::max(image.width / 8, 1);
  auto corner = [&](int top, int left) {
    Histogram histogram{};
    for (int h = top; h < top + block_h; ++h) {
      for (int w = left; w < left + block_w; ++w)
        ++histogram[image.pixels[pixel_index(image, h, w)]];
    }
    return median(histogram);
  };
  const int bottom = image.height - block_h, right = image.width - block_w;
  const int c00 = corner(0, 0), c01 = corner(0, right);
  const int c10 = corner(bottom, 0), c11 = corner(bottom, right);
  const int darkest = std::min({c00, c01, c10, c11});
  // Where between the corners' centres, 0 to 1; a little outside them at the very border.
  auto place = [](int i, int size, int block) {
    return size == block ? 0.5 : (i - (block - 1) / 2.0) / (size - block);
  };
  Image even = image;
  for (int h = 0; h < image.height; ++h) {
    const double v = place(h, image.height, block_h);
    for (int w = 0; w < image.width; ++w) {
      const double u = place(w, image.width, block_w);
      const double shading = (1 - v) * ((1 - u) * c00 + u * c01) + v * ((1 - u) * c10 + u * c11);
      std::uint8_t& value = even.pixels[pixel_index(image, h, w)];
      value = to_grey(value - (shading - darkest));
    }
  }
  return even;
}

// Step 2, second half. Paper to 0, ink to 255, evenly in between.
void stretch_contrast(Image& image, const Levels& levels) {
  const double low = levels.paper + 4.45 * levels.noise;  // three standard deviations above
  for (std::uint8_t& value : image.pixels)
    value = to_grey((value - low) * 255 / (levels.ink - low));
}

// Step 3, first half. Ink is what hangs together, over corners too, and is at least half black
// somewhere; of such strokes those are kept that have a fiftieth of the largest's ink.
void remove_specks(Image& image) {
  struct Stroke {
    std::vector<std::size_t> pixels;
    std::int64_t ink = 0;
    int darkest = 0;
  };
  std::vector<Stroke> strokes;
  std::vector<bool> seen(image.pixels.size());
  std::int64_t most = 0;
  for (std::size_t start = 0; start < image.pixels.size(); ++start) {
    if (seen[start] || image.pixels[start] == 0) continue;
    Stroke stroke;
    stroke.pixels.push_back(start);
    seen[start] = true;
    for (std::size_t next = 0; next < stroke.pixels.size(); ++next) {
      const std::size_t i = stroke.pixels[next];
      stroke.ink += image.pixels[i];
      stroke.darkest = std::max<int>(stroke.darkest, image.pixels[i]);
      const int h = static_cast<int>(i / static_cast<std::size_t>(image.width));
      const int w = static_cast<int>(i % static_cast<std::size_t>(image.width));
      for (int nh = std::max(h - 1, 0); nh <= std::min(h + 1, image.height - 1); ++nh) {
        for (int nw = std::max(w - 1, 0); nw <= std::min(w + 1, image.width - 1); ++nw) {
          const std::size_t neighbour = pixel_index(image, nh, nw);
          if (seen[neighbour] || image.pixels[neighbour] == 0) continue;
          seen[neighbour] = true;
          stroke.pixels.push_back(neighbour);
        }
      }
    }
    if (stroke.darkest >= 128) most = std::max(most, stroke.ink);
    strokes.push_back(std::move(stroke));
  }
  for (const Stroke& stroke : strokes) {
    if (stroke.darkest >= 128 && 50 * stroke.ink >= most) continue;
    for (const std::size_t i : stroke.pixels) image.pixels[i] = 0;
  }
}

}  // namespace

Image find_ink(const Image& picture) {
  Image image = picture;
  make_ink_bright(image);
  Levels levels = measure_levels(image);
  // In a picture cut close the corners are ink: then ink stands out more without this.
  const Image even = without_shading(image);
  const Levels even_levels = measure_levels(even);
  if (even_levels.contrast() * (levels.noise + 1) > levels.contrast() * (even_levels.noise + 1)) {
    image = even;
    levels = even_levels;
  }
  if (levels.contrast() < levels.contrast_needed()) {
    throw ValueError("no digit found: no ink stands out from its paper (contrast " +
                     std::to_string(levels.contrast()) + " of 255, at least " +
                     std::to_string(levels.contrast_needed()) + " needed)");
  }
  stretch_contrast(image, levels);
  remove_specks(image);
  return image;
}

}  // namespace longhand
