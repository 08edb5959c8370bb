// Checkpoints: the trained weights in a safetensors file, which Python reads too.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/param.h"

namespace longhand {

// Words that go with the weights, such as {"model", "classic"}.
using Metadata = std::map<std::string, std::string>;

// Writes every param's value under its name, as F32 (F64 in the double build), with as many extents
// as its rank. The file is written whole or not at all. FileError when it cannot be; ValueError
// when two params have the same name. The format: https://github.com/huggingface/safetensors (8
// bytes header length, JSON, data).
void save_checkpoint(const std::string& path, const std::vector<Param*>& params,
                     const Metadata& metadata);

// The words of a checkpoint. FileError when it is no sound safetensors file.
Metadata read_checkpoint_metadata(const std::string& path);

// Reads a checkpoint into params with the same names and shapes, F32 or F64. FileError when the
// file is not sound or does not hold just these params; then no param has changed.
void load_checkpoint(const std::string& path, const std::vector<Param*>& params);

}  // namespace longhand
