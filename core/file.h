// Whole files: read at once; written whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace longhand {

// Writes the bytes to a temporary name in the same folder, flushes them to the disk and renames it
// to `path`: a crash or a full disk leaves the old file as it was. FileError names the path and
// the system's reason; the temporary file is removed.
void write_file(const std::string& path, std::string_view bytes);

// The whole file. FileError when it cannot be read, is no regular file, or is longer than `limit`.
std::string read_file(const std::string& path, std::size_t limit);

}  // namespace longhand
