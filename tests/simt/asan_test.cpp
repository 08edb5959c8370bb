// AddressSanitizer sees what a kernel does with memory that is not its own, on whichever fiber.
#include <doctest/doctest.h>

#include "cuda/simt/sanitizer.h"
#include "tests/support/run_program.h"
#include "tests/support/skip.h"

using longhand::test::run_program;

namespace {

// The program makes the mistake and is ended for it, with a report that holds each of `parts`.
void must_report(const std::string& mistake, std::initializer_list<std::string> parts) {
  const auto result = run_program("simt_crash '" + mistake + "'");
  CAPTURE(mistake);
  CAPTURE(result.output);
  CHECK(result.code != 0);
  CHECK(result.output.starts_with("correct so far\n"));
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(result.output.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("AddressSanitizer reports what kernels do wrong") {
  if (!longhand::simt::address_sanitizer) {
    longhand::test::skip("this build is without AddressSanitizer");
    return;
  }
  const auto result = run_program("simt_crash none");
  CAPTURE(result.output);
  CHECK(result.code == 0);
  CHECK(result.output == "correct so far\nreached the end\n");

  must_report("read beyond",
              {"AddressSanitizer: heap-buffer-overflow", "read_beyond_kernel", "broken.cu:"});
  must_report("read before", {"AddressSanitizer: heap-buffer-overflow", "broken.cu:"});
  must_report("read freed", {"AddressSanitizer: heap-use-after-free", "read_held_kernel",
                             "freed by thread T0 here", "cudaFree"});
  must_report("write beyond shared", {"broken.cu:"});  // UndefinedBehaviorSanitizer is first
  must_report("write beyond dynamic shared",
              {"AddressSanitizer: heap-buffer-overflow", "write_beyond_dynamic_shared_kernel"});
  must_report("host reads device", {"AddressSanitizer: use-after-poison", "crash.cpp:"});
  must_report("overflow of the stack", {"AddressSanitizer: stack-overflow", "broken.cu:"});
}
