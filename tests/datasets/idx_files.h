// IDX files for the tests of those who read them.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.h"

namespace longhand::test {

// Fields of 32 bits, the highest byte first.
inline std::string idx_header(const std::vector<std::uint32_t>& fields) {
  std::string bytes;
  for (const std::uint32_t field : fields) {
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(field >> shift & 0xff);
  }
  return bytes;
}

// An image file in which byte i has the value i mod 251.
inline std::string idx_images(std::uint32_t count, std::uint32_t rows, std::uint32_t columns) {
  std::string bytes = idx_header({0x0803, count, rows, columns});
  for (std::uint32_t i = 0; i < count * rows * columns; ++i) bytes += static_cast<char>(i % 251);
  return bytes;
}

inline std::string idx_labels(const std::vector<std::uint8_t>& labels) {
  std::string bytes = idx_header({0x0801, static_cast<std::uint32_t>(labels.size())});
  bytes.append(labels.begin(), labels.end());
  return bytes;
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  REQUIRE(file.flush().good());
}

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_gzip(const std::string& path, const std::string& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  CHECK(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) ==
        static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

// The message of the FileError that the function throws.
template <class Function>
std::string file_error(const Function& function) {
  try {
    function();
  } catch (const FileError& error) {
    return error.what();
  }
  FAIL("no FileError was thrown");
  return "";
}

// Checks that the message has each of the words.
inline void check_words(const std::string& message, const std::vector<std::string>& words) {
  CHECK(message.find('\n') == std::string::npos);
  for (const std::string& word : words) {
    INFO("message: ", message, "\nword: ", word);
    CHECK(message.find(word) != std::string::npos);
  }
}

}  // namespace longhand::test
