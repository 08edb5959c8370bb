#include "cuda/simt/race/source_line.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <sstream>

namespace longhand::simt {

namespace {

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  std::array<char, 512> part;
  while (std::fgets(part.data(), static_cast<int>(part.size()), pipe) != nullptr)
    text += part.data();
  pclose(pipe);
  return text;
}

}  // namespace

std::string source_line(const void* caller) {
  Dl_info info;
  if (dladdr(caller, &info) == 0) return "an unknown line";
  // The call itself lies before the address it returns to.
  std::ostringstream offset;
  offset << "0x" << std::hex
         << reinterpret_cast<std::uintptr_t>(caller) -
                reinterpret_cast<std::uintptr_t>(info.dli_fbase) - 1;
  std::istringstream lines(output_of(std::string("addr2line -i -e '") + info.dli_fname + "' " +
                                     offset.str() + " 2>/dev/null"));
  // One line for each function inlined into the next; the runtime's own are the last choice.
  std::string found;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("??")) continue;
    const bool runtime = line.find("cuda/simt/include/") != std::string::npos;
    if (found.empty() || !runtime) found = line.substr(0, line.find(" ("));
    if (!runtime) break;
  }
  if (!found.empty()) return found;
  return std::string(info.dli_fname) + "+" + offset.str();
}

}  // namespace longhand::simt
