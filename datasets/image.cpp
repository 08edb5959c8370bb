#include "datasets/image.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "core/error.h"
#include "core/file.h"

#include <stb_image.h>
#include <stb_image_write.h>

namespace longhand {

namespace {

constexpr std::int64_t max_pixels = std::int64_t{1} << 26;
constexpr std::size_t max_bytes = std::size_t{1} << 29;  // more than such an image needs

std::string size_text(int height, int width) {
  return std::to_string(width) + " x " + std::to_string(height);
}

// A file in memory, as stb reads it. stb takes what is missing at a file's end for zeros; that it
// asked for more than there was gives the damage away.
struct Source {
  std::string_view rest;
  bool cut_short = false;
};

constexpr stbi_io_callbacks read_source = {
    .read =
        [](void* user, char* data, int size) {
          auto* source = static_cast<Source*>(user);
          const std::size_t count = source->rest.copy(data, static_cast<std::size_t>(size));
          source->rest.remove_prefix(count);
          if (count == 0 && size > 0) source->cut_short = true;
          return static_cast<int>(count);
        },
    .skip =
        [](void* user, int n) {
          std::string_view& rest = static_cast<Source*>(user)->rest;
          rest.remove_prefix(std::min(static_cast<std::size_t>(n), rest.size()));
        },
    .eof = [](void* user) { return static_cast<int>(static_cast<Source*>(user)->rest.empty()); }};

// The colour of pixel i of an image of stb's order (pixel after pixel) as it looks on white paper.
struct Colour {
  int r, g, b;
};

Colour on_white(const std::uint8_t* pixels, int channels, std::size_t i) {
  const std::uint8_t* p = pixels + i * static_cast<std::size_t>(channels);
  const bool grey = channels < 3;
  const bool transparent = channels == 2 || channels == 4;
  const int alpha = transparent ? p[channels - 1] : 255;
  auto lay = [&](int value) { return (value * alpha + 255 * (255 - alpha) + 127) / 255; };
  return {lay(p[0]), lay(p[grey ? 0 : 1]), lay(p[grey ? 0 : 2])};
}

}  // namespace

Image read_image(const std::string& path, int channels) {
  if (channels != 0 && channels != 1 && channels != 3) {
    throw ValueError("read_image: channels must be 0 (as in the file), 1 (grey) or 3 (RGB), not " +
                     std::to_string(channels));
  }
  const std::string bytes = read_file(path, max_bytes);
  if (bytes.empty()) throw FileError(path + ": is empty (0 bytes), not an image");

  int width = 0, height = 0, file_channels = 0;
  Source header{bytes};
  if (!stbi_info_from_callbacks(&read_source, &header, &width, &height, &file_channels)) {
    throw FileError(path + ": is not an image of a known format: " + stbi_failure_reason());
  }
  if (width < 1 || height < 1 || std::int64_t{width} * height > max_pixels) {
    throw FileError(path + ": the image is " + size_text(height, width) + " pixels; 1 to " +
                    std::to_string(max_pixels) + " in all can be read");
  }
  Source source{bytes};
  const std::unique_ptr<std::uint8_t, void (*)(void*)> pixels(
      stbi_load_from_callbacks(&read_source, &source, &width, &height, &file_channels, 0),
      stbi_image_free);
  if (source.cut_short) throw FileError(path + ": is a damaged image: the file ends too early");
  if (!pixels) throw FileError(path + ": is a damaged image: " + stbi_failure_reason());

  const auto area = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  Image image{channels == 0 ? file_channels : channels, height, width, {}};
  image.pixels.resize(area * static_cast<std::size_t>(image.channels));
  for (std::size_t i = 0; i < area; ++i) {
    if (channels == 0) {
      const auto count = static_cast<std::size_t>(file_channels);
      for (std::size_t c = 0; c < count; ++c) {
        image.pixels[c * area + i] = pixels.get()[i * count + c];
      }
      continue;
    }
    const Colour colour = on_white(pixels.get(), file_channels, i);
    if (channels == 3) {
      image.pixels[i] = static_cast<std::uint8_t>(colour.r);
      image.pixels[area + i] = static_cast<std::uint8_t>(colour.g);
      image.pixels[2 * area + i] = static_cast<std::uint8_t>(colour.b);
    } else {  // + 500 rounds; equal r, g and b stay what they are
      const int luma = (299 * colour.r + 587 * colour.g + 114 * colour.b + 500) / 1000;
      image.pixels[i] = static_cast<std::uint8_t>(luma);
    }
  }
  return image;
}

void write_png(const std::string& path, const Image& image) {
  const std::int64_t area = std::int64_t{image.width} * image.height;
  if (image.channels < 1 || image.channels > 4 || image.width < 1 || image.height < 1 ||
      area > max_pixels ||
      static_cast<std::int64_t>(image.pixels.size()) != area * image.channels) {
    throw ValueError(path + ": cannot write " + std::to_string(image.pixels.size()) +
                     " bytes as a PNG of " + std::to_string(image.channels) + " channels of " +
                     size_text(image.height, image.width) + " pixels");
  }
  const auto channels = static_cast<std::size_t>(image.channels);
  std::vector<std::uint8_t> interleaved(image.pixels.size());  // stb's order: pixel after pixel
  for (std::size_t i = 0; i < interleaved.size(); ++i) {
    interleaved[i] = image.pixels[i % channels * static_cast<std::size_t>(area) + i / channels];
  }

  std::string file;
  auto append = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data),
                                          static_cast<std::size_t>(size));
  };
  if (!stbi_write_png_to_func(append, &file, image.width, image.height, image.channels,
                              interleaved.data(), 0)) {
    throw FileError(path + ": cannot be written: the PNG could not be made");
  }
  write_file(path, file);
}

}  // namespace longhand
