// From an address in the program to the line of source it was compiled from.
#pragma once

#include <string>

namespace longhand::simt {

// "conv2d.cu:47" of the call that returns to `caller`, with the file's path; where the program
// addr2line (of binutils) or the program's debug information is missing, "program+0x1234".
std::string source_line(const void* caller);

}  // namespace longhand::simt
