// The safetensors format: what a checkpoint file looks like inside.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/checkpoint.h"

namespace longhand {

// One tensor of a file: its number type, its extents, and its bytes within the file's data.
struct StoredTensor {
  bool is_double = false;  // F64, else F32
  std::vector<std::int64_t> extents;
  std::string_view bytes;  // into the contents the file was parsed from
};

struct StoredFile {
  Metadata metadata;
  std::map<std::string, StoredTensor> tensors;
};

// Checks the contents of a safetensors file from front to back: the header's length against the
// file's, the JSON, every entry's type, extents and offsets, and that the tensors fill the data
// without gap or overlap. FileError names the file and what is wrong with it.
StoredFile parse_safetensors(const std::string& path, std::string_view contents);

}  // namespace longhand
