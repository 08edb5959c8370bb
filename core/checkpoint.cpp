#include "core/checkpoint.h"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/safetensors.h"

namespace longhand {

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

constexpr std::size_t longest_file = std::size_t{1} << 34;  // 16 GiB

// The first `rank` extents of a param's shape: what the file stores.
std::vector<std::int64_t> stored_extents(const Param& p) {
  const Shape& s = p.value.shape();
  const std::vector<std::int64_t> all = {s.n, s.c, s.h, s.w};
  return {all.begin(), all.begin() + p.rank};
}

std::string to_string(const std::vector<std::int64_t>& extents) {
  return nlohmann::json(extents).dump();
}

// What fits the network and what the file holds, compared before anything is changed.
void require_fits(const std::string& path, const StoredFile& file,
                  const std::vector<Param*>& params) {
  std::set<std::string> known;
  for (const Param* p : params) {
    known.insert(p->name);
    const auto found = file.tensors.find(p->name);
    if (found == file.tensors.end()) {
      throw FileError(path + " does not fit the network: it has no tensor '" + p->name + "'");
    }
    if (found->second.extents != stored_extents(*p)) {
      throw FileError(path + " does not fit the network: tensor '" + p->name + "' is " +
                      to_string(found->second.extents) + ", but the network needs " +
                      to_string(stored_extents(*p)));
    }
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (!known.contains(name)) {
      throw FileError(path + " does not fit the network: it has a tensor '" + name +
                      "', which the network has not");
    }
  }
}

// Number i of a stored tensor (memcpy because the bytes need not be aligned).
template <class Number>
real stored_number(const StoredTensor& tensor, std::int64_t i) {
  Number number;
  std::memcpy(&number, tensor.bytes.data() + i * static_cast<std::int64_t>(sizeof(Number)),
              sizeof(Number));
  return static_cast<real>(number);
}

}  // namespace

void save_checkpoint(const std::string& path, const std::vector<Param*>& params,
                     const Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const Param* p : params) {
    if (header.contains(p->name)) {
      throw ValueError("cannot save " + path + ": two params are called '" + p->name + "'");
    }
    const std::size_t begin = data.size();
    const Tensor value = p->value.on(Memory::host);
    data.append(reinterpret_cast<const char*>(value.data()),
                static_cast<std::size_t>(value.size()) * sizeof(real));
    header[p->name] = {{"dtype", sizeof(real) == 8 ? "F64" : "F32"},
                       {"shape", stored_extents(*p)},
                       {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the data begins at a multiple of 8
  std::string contents;
  for (int i = 0; i < 8; ++i) contents += static_cast<char>(text.size() >> (8 * i) & 0xff);
  write_file(path, contents + text + data);
}

Metadata read_checkpoint_metadata(const std::string& path) {
  const std::string contents = read_file(path, longest_file);
  return parse_safetensors(path, contents).metadata;
}

void load_checkpoint(const std::string& path, const std::vector<Param*>& params) {
  const std::string contents = read_file(path, longest_file);
  const StoredFile file = parse_safetensors(path, contents);
  require_fits(path, file, params);
  for (Param* p : params) {
    const StoredTensor& tensor = file.tensors.at(p->name);
    const Memory memory = p->value.memory();
    p->value.to(Memory::host);
    for (std::int64_t i = 0; i < p->value.size(); ++i) {
      p->value[i] =
          tensor.is_double ? stored_number<double>(tensor, i) : stored_number<float>(tensor, i);
    }
    p->value.to(memory);
  }
}

}  // namespace longhand
