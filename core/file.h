// Whole files: read at once; written whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace longhand {

// Writes the bytes to a temporary name in the same folder, flushes them to the disk and renames it
// to `path`: a crash or a full disk leaves the old file as it was. FileError names the path and
// the system's reason; the temporary file is removed.
void write_file(const std::string& path, std::string_view bytes);

// Throws FileError when the folder that `path` names is not there: to be called before the long
// work whose result write_file will write. An empty path is none, and right.
void require_folder_of(const std::string& path);

// The whole file. FileError when it cannot be read, is no regular file, or is longer than `limit`.
std::string read_file(const std::string& path, std::size_t limit);

}  // namespace longhand
