// Running one of Longhand's programs as a user does.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace longhand::test {

struct ProgramResult {
  int code = -1;       // exit status; -1 when a signal ended it
  std::string output;  // stdout and stderr together
};

// `command` goes through the shell: "lenet --epochs 1". The program is one of those just built; it
// runs in `folder`, or where the test runs.
inline ProgramResult run_program(const std::string& command, const std::string& folder = ".") {
  const std::string line = "cd '" + folder + "' && " LONGHAND_BIN_DIR "/" + command + " 2>&1";
  std::FILE* pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + line);
  ProgramResult result;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    result.output.append(buffer.data(), n);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  return result;
}

}  // namespace longhand::test
