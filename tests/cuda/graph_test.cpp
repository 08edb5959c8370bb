#include "cuda/graph.h"

#include <string>

#include "core/error.h"
#include "core/gather.h"
#include "tests/cuda/on_device.h"

namespace longhand::test {
namespace {

// Adds the next three of 0, 1, ... to what `taken` gives: every call goes on where the last ended.
struct Walk {
  DeviceArray<int> order{std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8}};
  DeviceArray<std::uint8_t> labels{std::vector<std::uint8_t>{9, 8, 7, 6, 5, 4, 3, 2, 1}};
  DeviceArray<int> position{std::vector<int>{0}}, indices{3}, taken{3};
  void step() const {
    cuda::take_batch({3, 1}, order.data(), labels.data(), position.data(), indices.data(),
                     taken.data());
  }
};

// The text of the Error that f throws, "" for none.
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a graph records what is launched, and does it at each replay") {
  const Walk walk;
  cuda::Graph graph;
  CHECK_THROWS_WITH_AS(graph.replay(), "graph: replay before capture", OrderError);
  int calls = 0;
  graph.capture([&] {
    walk.step();
    ++calls;
  });
  CHECK(graph.captured());
  CHECK(graph.launches() == 1);
  CHECK(walk.position.values()[0] == 0);
  for (const int first : {9, 6, 3}) {
    graph.replay();
    CHECK(walk.taken.values() == std::vector<int>{first, first - 1, first - 2});
  }
  CHECK(calls == 1);
}

TEST_CASE("a second capture takes the place of the first") {
  const Walk walk;
  cuda::Graph graph;
  graph.capture([&] { walk.step(); });
  graph.capture([&] {
    walk.step();
    walk.step();
  });
  CHECK(graph.launches() == 2);
  graph.replay();
  CHECK(walk.position.values()[0] == 6);
}

TEST_CASE("what a graph cannot record is refused, and the stream works on") {
  const Walk walk;
  cuda::Graph graph;
  const auto refused = [&](const std::string& call, const std::function<void()>& work) {
    CAPTURE(call);
    const std::string text = error_of([&] {
      graph.capture([&] {
        walk.step();
        work();
      });
    });
    CAPTURE(text);
    CHECK(text.find("graph: what is captured may neither allocate nor copy to or from the host nor "
                    "wait, but: ") == 0);
    CHECK(text.find(call) != std::string::npos);
    CHECK_FALSE(graph.captured());
    CHECK(graph.launches() == 0);
  };
  Buffer<int> there(Memory::cuda);
  refused("cudaMalloc", [&] { there.resize(5); });
  refused("cudaDeviceSynchronize", [] { cuda::synchronize(); });
  refused("cudaMemcpy", [&] { walk.taken.values(); });
  void* const memory = cuda::allocate(12);
  refused("cudaStreamEndCapture", [&] { cuda::release(memory); });
  cuda::release(memory);  // the first time it was refused
  CHECK(error_of([&] { graph.capture([] { throw ValueError("mine"); }); }) == "mine");
  CHECK(walk.position.values()[0] == 0);
  walk.step();
  CHECK(walk.position.values()[0] == 3);
  graph.capture([&] { walk.step(); });
  graph.replay();
  CHECK(walk.position.values()[0] == 6);
}

}  // namespace longhand::test
