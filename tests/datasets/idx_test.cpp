// IDX files: read as they are, and every way of being damaged named.
#include "datasets/idx.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "apps/support/allocations.h"
#include "tests/datasets/idx_files.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using namespace longhand::test;

namespace {

std::string gzipped(const std::string& bytes) {
  const TempDir dir;
  write_gzip(dir.file("gz"), bytes);
  return read_bytes(dir.file("gz"));
}

// The message of reading these bytes as images; no memory for their contents may have been taken.
std::string images_error(const std::string& bytes) {
  const TempDir dir;
  const std::string path = dir.file("images");
  write_bytes(path, bytes);
  allocations.reset();
  const std::string message = file_error([&] { read_idx_images(path); });
  CHECK(allocations.largest < 300'000);
  check_words(message, {path});
  return message;
}

std::string labels_error(const std::string& bytes) {
  const TempDir dir;
  write_bytes(dir.file("labels"), bytes);
  const std::string message = file_error([&] { read_idx_labels(dir.file("labels")); });
  check_words(message, {dir.file("labels")});
  return message;
}

// The message of reading these bytes, which are damaged as a gzip file.
std::string gzip_error(const std::string& bytes) {
  const TempDir dir;
  write_bytes(dir.file("images.gz"), bytes);
  const std::string message = file_error([&] { read_idx_images(dir.file("images.gz")); });
  check_words(message, {dir.file("images.gz"), "gzip"});
  return message;
}

}  // namespace

TEST_CASE("images and labels are read, plain and gzipped") {
  const TempDir dir;
  write_bytes(dir.file("images"), idx_images(3, 2, 5));
  write_gzip(dir.file("images.gz"), idx_images(3, 2, 5));
  write_bytes(dir.file("labels"), idx_labels({7, 0, 9}));
  write_gzip(dir.file("labels.gz"), idx_labels({7, 0, 9}));
  for (const std::string images : {"images", "images.gz"}) {
    for (const std::string labels : {"labels", "labels.gz"}) {
      const Dataset data = read_idx(dir.file(images), dir.file(labels));
      CHECK(data.image == Shape{1, 1, 2, 5});
      CHECK(data.count() == 3);
      CHECK(data.labels == std::vector<std::uint8_t>{7, 0, 9});
      REQUIRE(data.pixels.size() == 30);
      for (std::size_t i = 0; i < 30; ++i) CHECK(data.pixels[i] == i);
    }
  }
}

TEST_CASE("files larger than the buffers are read whole") {
  const TempDir dir;
  write_gzip(dir.file("gz"), idx_images(3000, 28, 30));
  const IdxImages images = read_idx_images(dir.file("gz"));
  CHECK(images.count == 3000);
  CHECK(images.rows == 28);
  CHECK(images.columns == 30);
  REQUIRE(images.pixels.size() == 3000 * 28 * 30);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < images.pixels.size(); ++i) wrong += images.pixels[i] != i % 251;
  CHECK(wrong == 0);
}

TEST_CASE("what is no file with contents") {
  const TempDir dir;
  const std::string missing = dir.file("missing");
  check_words(file_error([&] { read_idx_images(missing); }), {missing, "No such file"});
  const std::string folder = dir.path().string();
  check_words(file_error([&] { read_idx_labels(folder); }), {folder, "is a folder"});
  const std::string pipe = dir.file("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  check_words(file_error([&] { read_idx_images(pipe); }), {pipe, "not a regular file"});
  check_words(images_error(""), {"is empty"});
  check_words(images_error(gzipped("")), {"is empty"});
}

TEST_CASE("headers that are not IDX") {
  check_words(images_error("Hello, world: this is text"), {"begins with 0x48656c6c", "0x00000803"});
  check_words(images_error(idx_labels({1, 2, 3})), {"0x00000801 (labels)", "0x00000803 (images)"});
  check_words(labels_error(idx_images(1, 2, 2)), {"0x00000803 (images)", "0x00000801 (labels)"});
  check_words(images_error(idx_header({0x0803, 1, 28})), {"only 12 bytes", "header of 16"});
  check_words(labels_error(idx_header({0x0801})), {"only 4 bytes", "header of 8"});
  check_words(images_error("\x01"), {"only 1 bytes", "header of 16"});
}

TEST_CASE("headers that promise what is not there take no memory") {
  const std::uint32_t huge = 0xffffffff;
  check_words(images_error(idx_header({0x0803, huge, 28, 28}) + "1234"),
              {"4294967295 x 28 x 28", "at most 2147483647"});
  check_words(images_error(gzipped(idx_header({0x0803, huge, huge, huge}) + "1234")),
              {"4294967295 x 4294967295 x 4294967295", "at most"});
  // 2^33 x 2^31: in 64 bits the product is 0.
  check_words(images_error(idx_header({0x0803, 1u << 31, 1u << 31, 4})), {"at most"});
  check_words(images_error(idx_header({0x0803, 2'000'000, 28, 28}) + "1234"),
              {"cut off", "2000000 x 28 x 28 = 1568000000", "but 4 follow"});
  check_words(images_error(gzipped(idx_header({0x0803, 2'000'000, 28, 28}) + "1234")),
              {"cut off", "= 1568000000", "but 4 follow"});
  check_words(labels_error(idx_header({0x0801, huge}) + "1234"), {"4294967295", "at most"});
  check_words(labels_error(idx_header({0x0801, 9}) + "1234"), {"cut off", "9 = 9", "4 follow"});
  check_words(images_error(idx_header({0x0803, 0, 28, 28})), {"0 x 28 x 28", "at least 1"});
  check_words(images_error(idx_header({0x0803, 1, 28, 0})), {"1 x 28 x 0", "at least 1"});
  check_words(labels_error(idx_header({0x0801, 0})), {"promises 0", "at least 1"});
}

TEST_CASE("bytes too many") {
  check_words(images_error(idx_images(2, 3, 3) + "x"),
              {"too long", "2 x 3 x 3 = 18", "more follow"});
  // A small gzip file may unpack to much. It is not unpacked far past what the header promised: it
  // does not come out that the end is missing.
  const std::string bomb = gzipped(idx_images(2, 3, 3) + std::string(50'000'000, '\0'));
  check_words(images_error(bomb.substr(0, bomb.size() - 1)), {"too long", "= 18"});
  check_words(labels_error(idx_labels({1, 2}) + "x"), {"too long", "2 = 2"});
}

TEST_CASE("damaged gzip files") {
  const std::string whole = gzipped(idx_images(50, 28, 28));
  REQUIRE(whole.size() > 100);
  check_words(gzip_error(whole.substr(0, whole.size() / 2)), {"cut off"});
  check_words(gzip_error(whole.substr(0, whole.size() - 3)), {"cut off"});
  check_words(gzip_error(whole.substr(0, 5)), {"cut off"});

  std::string wrong_checksum = whole;
  wrong_checksum[whole.size() - 8] ^= 1;
  check_words(gzip_error(wrong_checksum), {"damaged", "incorrect data check"});

  std::string wrong_length = whole;
  wrong_length[whole.size() - 4] ^= 1;
  check_words(gzip_error(wrong_length), {"damaged", "incorrect length check"});

  std::string wrong_block = whole;
  wrong_block[10] = '\x07';  // the last block, of the type that does not exist
  check_words(gzip_error(wrong_block), {"damaged", "invalid block type"});
}

TEST_CASE("labels out of range are named with their place") {
  check_words(labels_error(idx_labels({1, 9, 10, 200})),
              {"label 10", "place 2 (of 0 to 3)", "0 to 9"});
  check_words(labels_error(idx_labels({255})), {"label 255", "place 0"});
}

TEST_CASE("as many labels as images") {
  const TempDir dir;
  write_bytes(dir.file("images"), idx_images(3, 2, 2));
  write_bytes(dir.file("labels"), idx_labels({1, 2}));
  check_words(file_error([&] { read_idx(dir.file("images"), dir.file("labels")); }),
              {dir.file("images"), "3 images", dir.file("labels"), "2 labels"});
}
