// Skipping, said aloud.
#pragma once

#include <string>

namespace longhand::test {

// Prints the reason and makes the whole program count as skipped (not as passed) when nothing in
// it fails. So tests that may be skipped stand in a program of their own.
void skip(const std::string& reason);

}  // namespace longhand::test
