#include "datasets/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>

#include "core/error.h"

namespace longhand {

namespace {

constexpr std::uint32_t images_magic = 0x0803;  // unsigned bytes (08) in 3 dimensions
constexpr std::uint32_t labels_magic = 0x0801;  // unsigned bytes in 1 dimension
constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();

// The bytes of a file one after another, unpacked if it is gzipped.
class ByteReader {
 public:
  explicit ByteReader(const std::string& path) : path_(path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) {
      throw FileError("cannot read " + path + ": it is a folder, not an IDX file");
    }
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      throw FileError("cannot read " + path + ": it is not a regular file");
    }
    file_ = gzopen(path.c_str(), "rb");
    if (file_ == nullptr) {
      throw FileError("cannot read " + path + ": " + std::strerror(errno));
    }
    gzbuffer(file_, 1 << 17);
  }
  ~ByteReader() { gzclose(file_); }
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  // Fills as much of `bytes` as the file still has; the number of bytes read.
  std::size_t read(std::span<std::uint8_t> bytes) {
    constexpr std::size_t piece = 1 << 20;  // gzread counts in int
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto wanted = static_cast<unsigned>(std::min(piece, bytes.size() - done));
      const int got = gzread(file_, bytes.data() + done, wanted);
      // At the sudden end of a gzip stream gzread returns what it has: only gzerror tells.
      int code = Z_OK;
      const char* message = gzerror(file_, &code);
      if (code == Z_ERRNO) fail(std::strerror(errno));
      if (code == Z_BUF_ERROR) fail("its gzip stream is cut off (unexpected end of file)");
      if (code != Z_OK) fail("its gzip stream is damaged (" + without_path(message) + ")");
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  // How many bytes follow, but no more than `limit`: they are unpacked, counted and let go. To the
  // end it also checks the checksum of a gzip stream.
  std::int64_t count(std::int64_t limit) {
    std::vector<std::uint8_t> piece(1 << 16);
    std::int64_t total = 0;
    while (total < limit) {
      const std::size_t got = read(piece);
      total += static_cast<std::int64_t>(got);
      if (got < piece.size()) break;
    }
    return std::min(total, limit);
  }

  // Back to `position`, counted in unpacked bytes.
  void seek(std::int64_t position) {
    if (gzseek(file_, static_cast<z_off_t>(position), SEEK_SET) < 0) fail("cannot go back in it");
  }

  const std::string& path() const { return path_; }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError("cannot read " + path_ + ": " + reason);
  }

  // zlib's messages begin with "path: ".
  std::string without_path(const std::string& message) const {
    const std::string prefix = path_ + ": ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }

  std::string path_;
  gzFile file_ = nullptr;
};

std::string hexadecimal(std::uint32_t number) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", number);
  return text.data();
}

// What a magic number stands for, for messages.
std::string meaning(std::uint32_t magic) {
  if (magic == images_magic) return hexadecimal(magic) + " (images)";
  if (magic == labels_magic) return hexadecimal(magic) + " (labels)";
  return hexadecimal(magic);
}

// Reads the header: `magic` and as many extents. Then makes sure that the file has exactly the
// bytes that they promise, and stops before the first of them.
template <std::size_t extents>
std::array<int, extents> read_header(ByteReader& file, std::uint32_t magic) {
  std::array<std::uint8_t, 4 * (1 + extents)> bytes{};
  const std::size_t got = file.read(bytes);
  const auto field = [&bytes](std::size_t i) {
    std::uint32_t value = 0;
    for (std::size_t k = 4 * i; k < 4 * i + 4; ++k) value = value << 8 | bytes[k];
    return value;
  };
  if (got == 0) throw FileError(file.path() + " is empty: expected an IDX file");
  if (got >= 4 && field(0) != magic) {
    throw FileError(file.path() + " begins with " + meaning(field(0)) +
                    ": expected an IDX file with " + meaning(magic));
  }
  if (got < bytes.size()) {
    throw FileError(file.path() + " has only " + std::to_string(got) +
                    " bytes: expected an IDX header of " + std::to_string(bytes.size()));
  }

  std::string product;
  for (std::size_t i = 0; i < extents; ++i) {
    product += (i == 0 ? "" : " x ") + std::to_string(field(1 + i));
  }
  std::array<int, extents> result{};
  std::int64_t size = 1;
  for (std::size_t i = 0; i < extents; ++i) {
    const std::int64_t extent = field(1 + i);
    if (extent == 0) {
      throw FileError(file.path() + " promises " + product +
                      " bytes: expected at least 1 in every dimension");
    }
    if (extent > largest / size) {
      throw FileError(file.path() + " promises " + product + " bytes: at most " +
                      std::to_string(largest) + " are allowed");
    }
    size *= extent;
    result[i] = static_cast<int>(extent);
  }

  const std::int64_t found = file.count(size + 1);
  if (found < size) {
    throw FileError(file.path() + " is cut off: its header promises " + product + " = " +
                    std::to_string(size) + " bytes, but " + std::to_string(found) + " follow");
  }
  if (found > size) {
    throw FileError(file.path() + " is too long: its header promises " + product + " = " +
                    std::to_string(size) + " bytes, but more follow");
  }
  file.seek(static_cast<std::int64_t>(bytes.size()));
  return result;
}

// The contents, whose length is known by now.
std::vector<std::uint8_t> read_contents(ByteReader& file, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  if (file.read(bytes) < size) {
    throw FileError("cannot read " + file.path() + ": it became shorter while it was read");
  }
  return bytes;
}

}  // namespace

IdxImages read_idx_images(const std::string& path) {
  ByteReader file(path);
  const auto [count, rows, columns] = read_header<3>(file, images_magic);
  const auto size = static_cast<std::size_t>(count) * static_cast<std::size_t>(rows) *
                    static_cast<std::size_t>(columns);
  return {count, rows, columns, read_contents(file, size)};
}

std::vector<std::uint8_t> read_idx_labels(const std::string& path) {
  ByteReader file(path);
  const auto [count] = read_header<1>(file, labels_magic);
  std::vector<std::uint8_t> labels = read_contents(file, static_cast<std::size_t>(count));
  const auto wrong = std::ranges::find_if(labels, [](std::uint8_t label) { return label > 9; });
  if (wrong != labels.end()) {
    throw FileError(path + " has label " + std::to_string(*wrong) + " at place " +
                    std::to_string(wrong - labels.begin()) + " (of 0 to " +
                    std::to_string(count - 1) + "): expected 0 to 9");
  }
  return labels;
}

Dataset read_idx(const std::string& images_path, const std::string& labels_path) {
  std::vector<std::uint8_t> labels = read_idx_labels(labels_path);
  IdxImages images = read_idx_images(images_path);
  if (static_cast<std::size_t>(images.count) != labels.size()) {
    throw FileError(images_path + " has " + std::to_string(images.count) + " images, but " +
                    labels_path + " has " + std::to_string(labels.size()) +
                    " labels: expected as many");
  }
  return {.image = {1, 1, images.rows, images.columns},
          .pixels = std::move(images.pixels),
          .labels = std::move(labels)};
}

}  // namespace longhand
