// bench_openblas with an OpenBLAS that is older than the CPU (fake_openblas.cpp).
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/environment.h"
#include "tests/support/run_program.h"
#include "tests/support/skip.h"

using namespace longhand;

TEST_CASE("an OpenBLAS that does not know the CPU is told what to take it for") {
  const std::string program = LONGHAND_BIN_DIR "/peers/bench_openblas";
  if (!std::filesystem::exists(program)) return test::skip("bench_openblas is not in this build");
  const test::Environment library("LONGHAND_OPENBLAS", LONGHAND_TEST_DIR "/libfake_openblas.so");
  const auto ready = [](const char* told) {
    const test::Environment variable("OPENBLAS_CORETYPE", told);
    return test::run_program("peers/bench_openblas gemm 2 2 2 nn 1 </dev/null").output;
  };
  const std::string untold = ready("");
  INFO(untold);
  CHECK(untold.starts_with("ready OpenBLAS 0.0 for "));
#if defined(__x86_64__)
  const bool wide = __builtin_cpu_supports("avx2") != 0;
#else
  const bool wide = false;
#endif
  CHECK((untold.find("for Prescott,") == std::string::npos) == wide);
  CHECK(ready("Nehalem") == "ready OpenBLAS 0.0 for Nehalem, one thread\n");
  CHECK(ready("Prescott") == "ready OpenBLAS 0.0 for Prescott, one thread\n");
}
