// gdb stops in the thread that it was told, and `next` over a barrier stays in that thread.
#include <doctest/doctest.h>

#include <sstream>

#include "core/file.h"
#include "tests/support/environment.h"
#include "tests/support/run_program.h"
#include "tests/support/skip.h"

using namespace longhand::test;

namespace {

// The place in `text` behind `part`, which must come after `from`.
std::size_t after(const std::string& text, const std::string& part, std::size_t from) {
  CAPTURE(part);
  const std::size_t found = text.find(part, from);
  REQUIRE(found != std::string::npos);
  return found + part.size();
}

}  // namespace

TEST_CASE("a kernel stepped through in gdb") {
  if (std::system("gdb --version >/dev/null 2>&1") != 0) {
    skip("gdb is not installed");
    return;
  }
  // gdb and LeakSanitizer cannot both watch a program.
  const Environment no_leaks("ASAN_OPTIONS", "detect_leaks=0");
  const Environment forward("LONGHAND_SIMT_ORDER", "forward");
  const auto result =
      run_program("simt_stepping >/dev/null && gdb -q -batch -x '" LONGHAND_SOURCE_DIR
                  "/tests/simt/stepping.gdb' '" LONGHAND_BIN_DIR "/simt_stepping'");
  const std::string& text = result.output;
  CAPTURE(text);
  if (text.find("ptrace") != std::string::npos) {
    skip("gdb may not run programs here");
    return;
  }
  REQUIRE(result.code == 0);
  // Block 1 has the numbers 8 to 15; all that block 0 left in the tile are 0 to 7. Threads 0, 1 and
  // 2 of block 1 have come to the barrier when thread 3 stops before its store.
  std::size_t at = after(text, "stepping.cu:13", 0);
  at = after(text, "= {x = 3, y = 0, z = 0}", at);
  at = after(text, "= {8, 9, 10, 3, 4, 5, 6, 7}", at);
  at = after(text, "__syncthreads();", at);
  at = after(text, "= {8, 9, 10, 11, 4, 5, 6, 7}", at);
  at = after(text, "y[first + t] = tile[7 - t];", at);
  at = after(text, "= {x = 3, y = 0, z = 0}", at);
  at = after(text, "= {8, 9, 10, 11, 12, 13, 14, 15}", at);
  at = after(text, "reverse_kernel", at);
  after(text, "7 6 5 4 3 2 1 0 15 14 13 12 11 10 9 8", at);

  // The page shows this session and this kernel.
  const std::string page =
      longhand::read_file(LONGHAND_SOURCE_DIR "/docs/stepping_cuda_without_a_gpu.md", 1 << 20);
  const std::string kernel =
      longhand::read_file(LONGHAND_SOURCE_DIR "/tests/simt/stepping.cu", 1 << 20);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("$") && !line.starts_with("1")) continue;  // a value, a line of source
    CAPTURE(line);
    CHECK(page.find("    " + line + "\n") != std::string::npos);
  }
  const std::size_t start = page.find("```cuda\n") + 8;
  CHECK(kernel.find(page.substr(start, page.find("```", start) - start)) != std::string::npos);
}
