// Downloading a file of known contents.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace longhand {

// Fetches a file from the first of `urls` (http, https or file) that gives the bytes whose SHA-256
// is `sha256` (64 hexadecimal figures) and writes it to `path`, whose folder it makes. Nothing is
// on the disk before all bytes are there and are the right ones. `log` gets a line every few
// seconds of a long download, and one when not the first URL was the one that worked.
//
// A server gets 5 seconds to answer the call and 15 to send a kilobyte a second; a file may take
// 10 minutes and have 1 GB.
//
// FileError with the reason for each URL when none works, when the file cannot be written, or when
// Longhand was built without libcurl.
void download_file(const std::vector<std::string>& urls, const std::string& path,
                   const std::string& sha256, std::ostream& log);

}  // namespace longhand
