#include "datasets/sample.h"

#include <sstream>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "datasets/image.h"

namespace longhand {

namespace {

// The sheet: class after class, five rows each, of which the last is for testing.
constexpr int side = 28;       // pixels a digit
constexpr int columns = 100;   // digits a row
constexpr int class_rows = 5;  // rows a class
constexpr int rows = 10 * class_rows;

Image read_sheet(const std::string& path) {
  Image sheet = read_image(path);
  if (sheet.channels != 1 || sheet.height != rows * side || sheet.width != columns * side) {
    throw FileError(path + " has " + std::to_string(sheet.channels) + " channel(s), " +
                    std::to_string(sheet.width) + "x" + std::to_string(sheet.height) +
                    " pixels: expected a grey sheet of " + std::to_string(columns * side) + "x" +
                    std::to_string(rows * side));
  }
  return sheet;
}

std::vector<std::string> read_labels(const std::string& path) {
  std::istringstream text(read_file(path, 1 << 16));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  if (lines.size() != rows) {
    throw FileError(path + " has " + std::to_string(lines.size()) + " lines: expected " +
                    std::to_string(rows));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].size() != columns ||
        lines[i].find_first_not_of("0123456789") != std::string::npos) {
      throw FileError(path + ", line " + std::to_string(i + 1) + ": expected " +
                      std::to_string(columns) + " figures 0 to 9");
    }
  }
  return lines;
}

void append_digit(const Image& sheet, int row, int column, std::vector<std::uint8_t>& pixels) {
  for (int y = row * side; y < (row + 1) * side; ++y) {
    const auto start = sheet.pixels.begin() + y * sheet.width + column * side;
    pixels.insert(pixels.end(), start, start + side);
  }
}

}  // namespace

TrainTest load_mnist_sample() {
  return load_mnist_sample(LONGHAND_DATASETS_DIR "/mnist_sample");
}

TrainTest load_mnist_sample(const std::string& folder) {
  const Image sheet = read_sheet(folder + "/digits.png");
  const std::vector<std::string> labels = read_labels(folder + "/labels.txt");
  TrainTest result;
  result.source = "the built-in sample of MNIST";
  result.train.image = result.test.image = {1, 1, side, side};
  for (int class_row = 0; class_row < class_rows; ++class_row) {
    Dataset& part = class_row + 1 < class_rows ? result.train : result.test;
    for (int column = 0; column < columns; ++column) {
      for (int row = class_row; row < rows; row += class_rows) {
        append_digit(sheet, row, column, part.pixels);
        const char label = labels[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)];
        part.labels.push_back(static_cast<std::uint8_t>(label - '0'));
      }
    }
  }
  return result;
}

}  // namespace longhand
