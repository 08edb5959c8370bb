#include "core/safetensors.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"

namespace longhand {

namespace {

using nlohmann::json;

constexpr std::uint64_t longest_header = 100'000'000;  // the format's own limit

[[noreturn]] void fail(const std::string& path, const std::string& problem) {
  throw FileError(path + " is not a sound safetensors file: " + problem);
}

// A whole number of the header that is not negative and fits.
std::int64_t whole_number(const std::string& path, const json& value, const std::string& what) {
  if (!value.is_number_unsigned() ||
      value.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    fail(path, what + " must be a whole number, but is " + value.dump());
  }
  return value.get<std::int64_t>();
}

// Two or more whole numbers in a list.
std::vector<std::int64_t> whole_numbers(const std::string& path, const json& entry,
                                        const std::string& key, const std::string& tensor) {
  if (!entry.contains(key) || !entry[key].is_array()) {
    fail(path, "tensor '" + tensor + "' has no list '" + key + "'");
  }
  std::vector<std::int64_t> numbers;
  for (const json& value : entry[key]) {
    numbers.push_back(whole_number(path, value, "'" + key + "' of tensor '" + tensor + "'"));
  }
  return numbers;
}

// The product of the extents times the bytes a number takes, checked for overflow.
std::uint64_t byte_count(const std::string& path, const StoredTensor& tensor,
                         const std::string& name) {
  std::uint64_t count = tensor.is_double ? 8 : 4;
  for (const std::int64_t extent : tensor.extents) {
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) {
      fail(path, "the shape of tensor '" + name + "' is too large");
    }
  }
  return count;
}

StoredTensor parse_tensor(const std::string& path, const std::string& name, const json& entry,
                          std::string_view data) {
  if (!entry.is_object()) fail(path, "the entry of tensor '" + name + "' is not an object");
  StoredTensor tensor;
  const json type = entry.value("dtype", json());
  if (type != "F32" && type != "F64") {
    fail(path, "tensor '" + name + "' has the number type " + type.dump() +
                   ", but only F32 and F64 are read");
  }
  tensor.is_double = type == "F64";
  tensor.extents = whole_numbers(path, entry, "shape", name);
  const std::vector<std::int64_t> offsets = whole_numbers(path, entry, "data_offsets", name);
  if (offsets.size() != 2 || offsets[0] > offsets[1] ||
      static_cast<std::uint64_t>(offsets[1]) > data.size()) {
    fail(path, "tensor '" + name + "' lies outside the file's " + std::to_string(data.size()) +
                   " bytes of data");
  }
  const auto bytes = static_cast<std::uint64_t>(offsets[1] - offsets[0]);
  const std::uint64_t expected = byte_count(path, tensor, name);
  if (bytes != expected) {
    fail(path, "tensor '" + name + "' has " + std::to_string(bytes) +
                   " bytes of data, but its shape needs " + std::to_string(expected));
  }
  tensor.bytes = data.substr(static_cast<std::size_t>(offsets[0]), bytes);
  return tensor;
}

// The tensors must cover the data exactly: each begins where another ended.
void require_no_gap_or_overlap(const std::string& path, const StoredFile& file,
                               std::string_view data) {
  std::vector<std::pair<const char*, const std::string*>> order;
  for (const auto& [name, tensor] : file.tensors) order.emplace_back(tensor.bytes.data(), &name);
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    const std::size_t size_a = file.tensors.at(*a.second).bytes.size();
    const std::size_t size_b = file.tensors.at(*b.second).bytes.size();
    return std::pair(a.first, size_a) < std::pair(b.first, size_b);
  });
  const char* end = data.data();
  for (const auto& [begin, name] : order) {
    if (begin < end) fail(path, "tensor '" + *name + "' overlaps the one before it");
    if (begin > end) fail(path, "there is a gap before tensor '" + *name + "'");
    end = begin + file.tensors.at(*name).bytes.size();
  }
  if (end != data.data() + data.size()) {
    fail(path, "there are " + std::to_string(data.data() + data.size() - end) +
                   " bytes after the last tensor");
  }
}

}  // namespace

StoredFile parse_safetensors(const std::string& path, std::string_view contents) {
  if (contents.size() < 8) {
    fail(path, "it has " + std::to_string(contents.size()) +
                   " bytes, but the header's length alone"
                   " takes 8");
  }
  std::uint64_t header_size = 0;
  for (int i = 7; i >= 0; --i) {  // little-endian
    header_size =
        header_size << 8 | static_cast<unsigned char>(contents[static_cast<std::size_t>(i)]);
  }
  if (header_size > longest_header || header_size > contents.size() - 8) {
    fail(path, "the header should have " + std::to_string(header_size) + " bytes, but " +
                   std::to_string(contents.size() - 8) + " are there");
  }
  const std::string_view data = contents.substr(8 + header_size);
  const json header = json::parse(contents.substr(8, header_size), nullptr, false);
  if (!header.is_object()) fail(path, "the header is not a JSON object");

  StoredFile file;
  for (const auto& [name, entry] : header.items()) {
    if (name != "__metadata__") {
      file.tensors[name] = parse_tensor(path, name, entry, data);
      continue;
    }
    if (!entry.is_object()) fail(path, "the metadata is not an object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail(path, "the metadata '" + key + "' is not a string");
      file.metadata[key] = value.get<std::string>();
    }
  }
  require_no_gap_or_overlap(path, file, data);
  return file;
}

}  // namespace longhand
