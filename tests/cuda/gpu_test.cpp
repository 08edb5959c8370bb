// Says in every test run whether the kernels ran on a GPU.
#include <doctest/doctest.h>

#include <string>

#include "core/memory.h"
#include "tests/support/skip.h"

using namespace longhand;

TEST_CASE("the kernels run on a GPU") {
#if defined(LONGHAND_SIMT)
  CHECK(cuda::describe() == "kernels run on the CPU");
  test::skip("in this build kernels run on the CPU; make gpu runs them on a GPU");
#else
  CHECK(cuda::describe().find("CPU") == std::string::npos);
#endif
}
