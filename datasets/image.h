// Image: a picture in memory, read from a file or written to one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace longhand {

// Bytes in the order of a tensor's: channel after channel, each height x width; 0 black, 255 white.
struct Image {
  int channels = 0, height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

// Reads an image file of any format that stb_image knows (PNG, JPEG, BMP, GIF, TGA, PSD, PNM, HDR,
// PIC); samples of more than 8 bits are cut to 8. channels:
//
//   0  as in the file: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
//   1  grey: of RGB the luma 0.299 r + 0.587 g + 0.114 b (ITU-R BT.601)
//   3  RGB: of grey three equal channels
//
// With 1 and 3 a transparent image is laid on white paper. (What an image hides where it is
// transparent is often black: without the paper, black ink on nothing would be black on black.)
// Throws FileError when the file is missing, a folder, empty, not such an image, damaged, or larger
// than 2^26 pixels (its header is checked before memory is taken); ValueError for other channels.
Image read_image(const std::string& path, int channels = 0);

// Writes a PNG of 1 to 4 channels, meant as above. The file appears whole or not at all: it is
// written under another name and renamed. Throws ValueError when the pixels do not fit the size,
// FileError when it cannot be written.
void write_png(const std::string& path, const Image& image);

}  // namespace longhand
