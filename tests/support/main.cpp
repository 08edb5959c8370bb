// The main of every test program: doctest's, but a program that skipped something says so to ctest.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <iostream>

#include "core/cpu.h"
#include "core/error.h"
#include "tests/support/skip.h"

namespace {
bool skipped = false;
}

namespace longhand::test {

void skip(const std::string& reason) {
  skipped = true;
  std::cout << "SKIPPED: " << reason << "\n";
}

}  // namespace longhand::test

int main(int argc, char** argv) {
  try {
    longhand::instruction_set();
  } catch (const longhand::ValueError& error) {  // $LONGHAND_ISA asks for what this CPU lacks
    std::cout << "SKIPPED: " << error.what() << "\n";
    return 77;
  }
  doctest::Context context(argc, argv);
  const int failed = context.run();
  if (failed != 0 || !skipped) return failed;
  return 77;  // ctest's SKIP_RETURN_CODE: shown as skipped, never as passed
}
