// The race detector finds each planted race, names both lines and both threads, and has nothing to
// say of the same kernel without it. This program also runs the tests of the correct kernels.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/simt/orders.h"

using namespace longhand::test;

namespace {

// "races.cu:12", where that line ends in "// line: NAME".
std::string line_named(const std::string& name) {
  std::ifstream file(LONGHAND_SOURCE_DIR "/tests/simt/races.cu");
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.ends_with("// line: " + name)) return "races.cu:" + std::to_string(number);
  }
  FAIL("races.cu has no line named " << name);
  return "";
}

std::string error_of(Race which, bool correct) {
  DeviceArray<int> y(256);
  CUDA_CHECK(cudaMemset(y.data(), 0, 256 * sizeof(int)));
  try {
    race(which, correct, y.data());
  } catch (const longhand::CudaError& error) {
    return error.what();
  }
  return "";
}

// Whatever the order of threads and blocks, the race is found where there is one. The parts are in
// the text: two accesses, either of which may have come first, and the rest.
void must_find(Race which, const std::string& line_a, const std::string& line_b,
               std::initializer_list<std::string> parts) {
  in_all_orders([&] {
    CHECK(error_of(which, true) == "");
    const std::string text = error_of(which, false);
    CAPTURE(text);
    CHECK(text.find(line_named(line_a)) != std::string::npos);
    CHECK(text.find(line_named(line_b)) != std::string::npos);
    for (const std::string& part : parts) {
      CAPTURE(part);
      CHECK(text.find(part) != std::string::npos);
    }
  });
}

}  // namespace

TEST_CASE("a missing __syncthreads") {
  must_find(Race::neighbours, "write of neighbours", "read of neighbours",
            {"race: kernel neighbours_kernel, block (", ",0,0), thread (", "shared memory at ",
             "__syncthreads() between them"});
  must_find(Race::vectors, "write of vectors", "read of vectors",
            {"race: kernel vectors_kernel", "shared memory at "});
}

TEST_CASE("a missing __syncwarp, for which a shuffle is no substitute") {
  must_find(Race::lanes, "write of lanes", "read of lanes",
            {"race: kernel lanes_kernel", "there is no __syncwarp() or __syncthreads()"});
}

TEST_CASE("shared memory written again too early") {
  must_find(Race::lanes_reuse, "write of lanes reuse", "read of lanes reuse",
            {"race: kernel lanes_reuse_kernel", "there is no __syncwarp() or __syncthreads()"});
  must_find(Race::reuse, "write of reuse", "read of reuse", {"race: kernel reuse_kernel"});
}

TEST_CASE("a copy that is started while others read its place") {
  const DeviceArray<float> x(std::vector<float>(64, 1)), y(64);
  CHECK_THROWS_WITH_AS(copied_too_early(x.data(), y.data()),
                       doctest::Contains("race: kernel copied_too_early_kernel"),
                       longhand::CudaError);
}

TEST_CASE("a scatter that is not atomic") {
  must_find(Race::scatter, "scatter", "scatter", {"race: kernel scatter_kernel", "device memory"});
}

TEST_CASE("an atomic and a plain access") {
  must_find(Race::mixed, "atomic of mixed", "write of mixed",
            {"race: kernel mixed_kernel", "atomically", "device memory"});
}

TEST_CASE("two blocks at one place") {
  must_find(Race::blocks, "write of blocks", "read of blocks",
            {"race: kernel blocks_kernel", "blocks run in any order"});
}

TEST_CASE("a ticket without a fence") {
  must_find(Race::tickets, "write of tickets", "read of tickets", {"race: kernel tickets_kernel"});
}

TEST_CASE("shared memory that nobody has written") {
  must_find(Race::unwritten, "read of unwritten", "read of unwritten",
            {"shared memory read before it is written: kernel unwritten_kernel, block (0,0,0), "
             "thread (23,0,0) reads it at "});
}

TEST_CASE("two bytes each are two places") {
  must_find(Race::halves, "halves", "halves", {"race: kernel halves_kernel", "wrote at"});
}
