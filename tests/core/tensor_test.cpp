#include "core/tensor.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "core/error.h"

using namespace longhand;

TEST_CASE("elements lie in NCHW order, the last index fastest") {
  Tensor t({2, 3, 4, 5});
  CHECK(t.size() == 120);
  t.at(1, 2, 3, 4) = 7;
  CHECK(t[119] == 7);
  CHECK(at(t.shape(), 1, 0, 2, 3) == 60 + 13);
  CHECK(index_string(t.shape(), 119) == "(n, c, h, w) = (1, 2, 3, 4)");
  CHECK(to_string(t.shape()) == "2x3x4x5");
}

TEST_CASE("new tensors are zero, aligned, and copies are deep") {
  Tensor t({1, 1, 3, 3});
  for (std::int64_t i = 0; i < t.size(); ++i) CHECK(t[i] == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(t.data()) % 64 == 0);
  Tensor copy = t;
  copy[0] = 1;
  CHECK(t[0] == 0);
  copy = Tensor();
  CHECK(copy.empty());
  CHECK(to_string(Tensor({1, 1, 2, 2}, {1, 2, 3, 4})) == "[n=0 c=0]\n1 2\n3 4\n");
}

TEST_CASE("resize keeps the memory while it is large enough") {
  Tensor t({4, 2});
  const real* before = t.data();
  t.resize({3, 2});
  CHECK(t.data() == before);
  CHECK(t.size() == 6);
  t.resize({4, 2});
  CHECK(t.data() == before);
  t.resize({400, 2});
  CHECK(t.size() == 800);
}

TEST_CASE("impossible shapes are refused in words") {
  CHECK_THROWS_WITH_AS(Tensor({0, 1}),
                       "tensor: every extent must be at least 1, but the shape is "
                       "0x1x1x1",
                       ShapeError);
  CHECK_THROWS_AS(Tensor({1, -3}), ShapeError);
  const int huge = 1 << 30;
  CHECK_THROWS_AS(Tensor({huge, huge, huge, huge}), ShapeError);
  CHECK_THROWS_WITH_AS(Tensor({2, 2}, {1, 2, 3}),
                       "tensor: shape 2x2x1x1 needs 4 numbers, but 3 were given", ShapeError);
}

TEST_CASE("a tensor in the memory of cuda goes there and back, and is not touched there") {
  Tensor x({2, 1, 1, 2}, {1, 2, 3, 4});
  x.to(Device::cuda);
  CHECK(x.memory() == Memory::cuda);
  CHECK_THROWS_AS(x.at(0, 0, 0, 0), DeviceError);
  CHECK_THROWS_AS(to_string(x), DeviceError);
  const Tensor copy = x;  // in the same memory
  CHECK(copy.memory() == Memory::cuda);
  x.fill(7);
  CHECK(copy.on(Memory::host).at(1, 0, 0, 1) == 4);
  CHECK(x.on(Memory::host).at(1, 0, 0, 1) == 7);
  x.resize({3, 1, 1, 4});  // larger, and still there
  CHECK(x.memory() == Memory::cuda);
  x.to(Device::reference);
  CHECK(x.memory() == Memory::host);
}
