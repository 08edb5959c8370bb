#include "datasets/image.h"

#include <doctest/doctest.h>
#include <stb_image_write.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using longhand::test::TempDir;

namespace {

// Pixels that are all different and not equal under any mirroring or exchange of channels.
Image pattern(int channels, int height, int width) {
  Image image{channels, height, width, {}};
  for (int i = 0; i < channels * height * width; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(i * 37 % 251));
  }
  return image;
}

// What read_image says of a file that holds these bytes.
std::string error_of(const std::string& bytes) {
  const TempDir folder;
  const std::string path = folder.file("broken.png");
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    read_image(path);
  } catch (const FileError& error) {
    CHECK(std::string(error.what()).find(path) != std::string::npos);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string png_bytes(const Image& image) {
  const TempDir folder;
  write_png(folder.file("a.png"), image);
  return read_file(folder.file("a.png"), 1 << 20);
}

}  // namespace

TEST_CASE("a PNG holds what was written, for every number of channels") {
  const TempDir folder;
  for (int channels = 1; channels <= 4; ++channels) {
    CAPTURE(channels);
    const Image written = pattern(channels, 3, 5);
    write_png(folder.file("a.png"), written);
    const Image read = read_image(folder.file("a.png"));
    CHECK(read.channels == channels);
    CHECK(read.height == 3);
    CHECK(read.width == 5);
    CHECK(read.pixels == written.pixels);
  }
}

TEST_CASE("BMP and JPEG files are read") {
  const TempDir folder;
  const std::vector<std::uint8_t> interleaved = {255, 0,  0,  0,  255, 0,  0,  0,  255,
                                                 10,  20, 30, 40, 50,  60, 70, 80, 90};
  REQUIRE(stbi_write_bmp(folder.file("a.bmp").c_str(), 3, 2, 3, interleaved.data()));
  const Image bmp = read_image(folder.file("a.bmp"));
  CHECK(bmp.channels == 3);
  CHECK(bmp.height == 2);
  CHECK(bmp.width == 3);
  CHECK(bmp.pixels == std::vector<std::uint8_t>{255, 0, 0, 10, 40, 70, 0, 255, 0, 20, 50, 80, 0, 0,
                                                255, 30, 60, 90});

  const std::vector<std::uint8_t> grey(16 * 8, 200);
  REQUIRE(stbi_write_jpg(folder.file("a.jpg").c_str(), 16, 8, 1, grey.data(), 95));
  const Image jpeg = read_image(folder.file("a.jpg"), 1);
  CHECK(jpeg.height == 8);
  CHECK(jpeg.width == 16);
  REQUIRE(jpeg.pixels.size() == 16 * 8);
  for (const std::uint8_t value : jpeg.pixels) CHECK(std::abs(value - 200) <= 2);
}

TEST_CASE("grey is the luma of RGB, and RGB of grey three equal channels") {
  const TempDir folder;
  const std::string path = folder.file("a.png");
  write_png(path, {3, 1, 4, {255, 0, 0, 77, 0, 255, 0, 77, 0, 0, 255, 77}});  // red, green, ...
  const Image grey = read_image(path, 1);
  CHECK(grey.channels == 1);
  CHECK(grey.pixels == std::vector<std::uint8_t>{76, 150, 29, 77});

  write_png(path, {1, 1, 2, {9, 200}});
  const Image rgb = read_image(path, 3);
  CHECK(rgb.channels == 3);
  CHECK(rgb.pixels == std::vector<std::uint8_t>{9, 200, 9, 200, 9, 200});
}

TEST_CASE("a transparent image is laid on white, unless the file's channels are asked for") {
  const TempDir folder;
  const std::string path = folder.file("a.png");
  write_png(path, {2, 1, 3, {0, 0, 0, 0, 51, 255}});  // black: clear, a fifth, solid
  CHECK(read_image(path, 1).pixels == std::vector<std::uint8_t>{255, 204, 0});
  CHECK(read_image(path, 0).pixels == std::vector<std::uint8_t>{0, 0, 0, 0, 51, 255});

  write_png(path, {4, 1, 2, {100, 100, 0, 0, 50, 50, 0, 255}});
  CHECK(read_image(path, 3).pixels == std::vector<std::uint8_t>{255, 100, 255, 0, 255, 50});
  CHECK(read_image(path, 1).pixels == std::vector<std::uint8_t>{255, 36});
}

TEST_CASE("the other formats of stb_image are read too: PGM, TGA, GIF") {
  const TempDir folder;
  const std::string path = folder.file("a");
  write_file(path, std::string("P5 2 2 255\nABCD"));
  CHECK(read_image(path).pixels == std::vector<std::uint8_t>{'A', 'B', 'C', 'D'});

  const std::vector<std::uint8_t> pixels = pattern(3, 5, 4).pixels;
  REQUIRE(stbi_write_tga(path.c_str(), 4, 5, 3, pixels.data()));
  const Image tga = read_image(path);
  CHECK(tga.channels == 3);
  CHECK(tga.height == 5);
  CHECK(tga.width == 4);
  CHECK(tga.pixels[0] == pixels[0]);

  // One white and one black pixel: header, two colours, the picture in LZW codes, the end.
  const unsigned char gif[] = {'G', 'I', 'F', '8', '9', 'a', 2, 0,    1,    0, 0x80, 0,
                               0,   255, 255, 255, 0,   0,   0, ',',  0,    0, 0,    0,
                               2,   0,   1,   0,   0,   2,   2, 0x44, 0x0a, 0, ';'};
  write_file(path, std::string(reinterpret_cast<const char*>(gif), sizeof gif));
  CHECK(read_image(path, 1).pixels == std::vector<std::uint8_t>{255, 0});
}

TEST_CASE("what is no image is named, with the reason") {
  const TempDir folder;
  CHECK_THROWS_AS(read_image(folder.file("missing.png")), FileError);
  CHECK_THROWS_AS(read_image(folder.path().string()), FileError);
  CHECK(contains(error_of(""), "is empty"));
  CHECK(contains(error_of("This is a letter, no image.\n"), "is not an image of a known format"));
  CHECK_THROWS_AS(read_image(folder.file("missing.png"), 2), ValueError);
}

TEST_CASE("a damaged image is an error, wherever it ends") {
  const TempDir folder;
  const std::string png = png_bytes(pattern(3, 20, 20));
  for (std::size_t size = 1; size < png.size() - 12; size += 7) {  // the last 12 say only "end"
    CAPTURE(size);
    CHECK(error_of(png.substr(0, size)) != "no error");
  }
  const std::vector<std::uint8_t> pixels = pattern(3, 20, 20).pixels;
  for (const std::string name : {"a.bmp", "a.jpg"}) {
    if (name == "a.bmp") {
      REQUIRE(stbi_write_bmp(folder.file(name).c_str(), 20, 20, 3, pixels.data()));
    } else {
      REQUIRE(stbi_write_jpg(folder.file(name).c_str(), 20, 20, 3, pixels.data(), 90));
    }
    const std::string bytes = read_file(folder.file(name), 1 << 20);
    CHECK(error_of(bytes) == "no error");
    for (std::size_t size = 1; size < bytes.size() - 2; size += 13) {
      CAPTURE(name);
      CAPTURE(size);
      CHECK(error_of(bytes.substr(0, size)) != "no error");
    }
  }
}

TEST_CASE("an absurd size is refused before memory is taken") {
  std::string png = png_bytes(pattern(1, 1, 1));
  png.replace(16, 8, std::string("\0\0\x40\0\0\0\x40\0", 8));  // IHDR: 16384 x 16384
  CHECK(contains(error_of(png), "16384 x 16384"));
}

TEST_CASE("write_png leaves nothing behind when it fails") {
  const TempDir folder;
  CHECK_THROWS_AS(write_png(folder.file("a.png"), {1, 2, 2, {1, 2, 3}}), ValueError);
  CHECK_THROWS_AS(write_png(folder.file("a.png"), {5, 1, 1, {1, 2, 3, 4, 5}}), ValueError);
  CHECK_THROWS_AS(write_png(folder.file("a.png"), {}), ValueError);
  CHECK_THROWS_AS(write_png(folder.file("missing/a.png"), pattern(1, 2, 2)), FileError);
  CHECK(std::filesystem::is_empty(folder.path()));
}
