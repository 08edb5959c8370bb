// Each planted bug is found and named, with its kernel, block, thread and line; afterwards the
// runtime works as before.
#include <doctest/doctest.h>

#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/simt/orders.h"

using namespace longhand::test;

namespace {

// The error that the launch ends with, which must hold all of `parts`.
template <class Bug>
void must_say(Bug bug, std::initializer_list<const char*> parts) {
  in_all_orders([&] {
    DeviceArray<int> x(1024);
    std::string text;
    try {
      bug(x.data());
    } catch (const longhand::CudaError& error) {
      text = error.what();
      CHECK(error.code == cudaErrorLaunchFailure);
    }
    CAPTURE(text);
    for (const std::string part : parts) {
      CAPTURE(part);
      CHECK(text.find(part) != std::string::npos);
    }
    CHECK(cudaGetLastError() == cudaSuccess);
  });
  DeviceArray<float> y(std::vector<float>(64, 1.0F));
  barriers(3, 64, y.data());
  CHECK(y.values()[63] == 64.0F);
}

}  // namespace

TEST_CASE("return before a barrier that others wait at") {
  must_say(return_before_barrier,
           {"launch of return_before_barrier_kernel at ", "broken.cu:",
            "return before a barrier that others wait at: kernel return_before_barrier_kernel, "
            "block (",
            "40 of 64 threads wait in __syncthreads at ",
            "\n  thread (40,0,0) to thread (63,0,0): returned"});
}

TEST_CASE("a barrier that a branch leads around") {
  must_say(branch_around_barrier,
           {"return before a barrier that others wait at", "32 of 64 threads wait"});
}

TEST_CASE("two different barriers waited at together") {
  must_say(two_barriers, {"two different barriers waited at together: kernel two_barriers_kernel",
                          "block (", "thread (", "broken.cu:", "while thread ("});
}

TEST_CASE("a barrier and a shuffle that wait for each other") {
  must_say(barrier_against_shuffle,
           {"barrier not reached by all: kernel barrier_against_shuffle_kernel",
            "thread (3,0,0) and others wait in __syncthreads at", "waits in __shfl_sync at ",
            "\n  thread (35,0,0): waits in __syncthreads at "});
}

TEST_CASE("wrong shuffle masks") {
  must_say(shuffle_without_caller,
           {"wrong shuffle mask: kernel shuffle_without_caller_kernel",
            "__shfl_down_sync with mask 0x0000ffff at ", "does not name the lane that calls"});
  must_say(shuffle_with_returned_lanes,
           {"wrong shuffle mask", "mask 0xffffffff", "lanes 0xffff0000 have returned"});
  must_say(shuffle_with_two_masks, {"wrong shuffle mask", "lanes 0x0000ffff have returned"});
  must_say(shuffle_with_bad_width, {"wrong shuffle width", "not 12", "broken.cu:"});
}

TEST_CASE("two different warp operations waited at together") {
  must_say(two_shuffles, {"two different warp operations waited at together", "(lane ",
                          "__shfl_xor_sync with mask 0xffffffff at "});
}

TEST_CASE("deadlock, with a table of who waits where") {
  must_say(
      lanes_in_a_circle,
      {"deadlock: kernel lanes_in_a_circle_kernel", "\n  thread (0,0,0): waits in __syncwarp at ",
       " with mask 0x00000003\n", "\n  thread (1,0,0): waits in __syncwarp at ",
       " with mask 0x00000006\n", "\n  thread (3,0,0) to thread (63,0,0): returned"});
}

TEST_CASE("a kernel that stops itself, and one without its shared memory") {
  must_say(trap, {"__trap: kernel trap_kernel, block (1,0,0), thread (5,0,0)", "broken.cu:"});
  must_say(no_shared_memory, {"no dynamic shared memory", "shared_bytes"});
}

TEST_CASE("an order that there is not") {
  const Environment environment("LONGHAND_SIMT_ORDER", "random:1x");
  DeviceArray<float> y(32);
  CHECK_THROWS_WITH_AS(barriers(1, 32, y.data()),
                       "LONGHAND_SIMT_ORDER=random:1x: give forward, reverse or random:SEED with a "
                       "whole number",
                       longhand::ValueError);
}
