// The places that kernels work out by multiplications are those that index_at gets by divisions.
#include <algorithm>
#include <string>

#include "tests/cuda/on_device.h"
#include "tests/cuda/places_kernels.h"

namespace longhand::test {

TEST_CASE("places are index_at's, at the edges of 32 bits too") {
  const int most = 2147483647;
  const Shape shapes[] = {{1, 1, 1, 1},         {2, 3, 4, 5},          {512, 20, 28, 28},
                          {7, 1, 1, 641},       {1, 1, 1, most},       {most, 1, 1, 1},
                          {1, most, 1, 1},      {1, 1, 715827882, 3},  {3, 5, 11, 13015051},
                          {65536, 32767, 1, 1}, {2, 1, 1073741824, 1}, {100000, 3, 224, 224}};
  Random random(1);
  for (const Shape& shape : shapes) {
    CAPTURE(to_string(shape));
    // The first and the last, those around the steps of each index, and others at random.
    std::vector<std::int64_t> offsets = {0, shape.size() - 1};
    for (const std::int64_t step : {std::int64_t{shape.w}, std::int64_t{shape.w} * shape.h,
                                    std::int64_t{shape.w} * shape.h * shape.c}) {
      for (const std::int64_t times : {std::int64_t{1}, shape.size() / step}) {
        for (const std::int64_t beside : {-1, 0, 1}) offsets.push_back(times * step + beside);
      }
    }
    for (int k = 0; k < 200; ++k) {
      const std::uint64_t high = random.below(1U << 30), low = random.below(1U << 30);
      offsets.push_back(
          static_cast<std::int64_t>((high << 30 | low) % static_cast<std::uint64_t>(shape.size())));
    }
    for (std::int64_t& offset : offsets) {
      offset = std::clamp<std::int64_t>(offset, 0, shape.size() - 1);
    }
    const DeviceArray<std::int64_t> device(offsets);
    const DeviceArray<Index> found(offsets.size());
    run_places(shape, static_cast<int>(offsets.size()), device.data(), found.data());
    const std::vector<Index> values = found.values();
    for (std::size_t k = 0; k < offsets.size(); ++k) {
      const Index expected = index_at(shape, offsets[k]);
      CAPTURE(offsets[k]);
      REQUIRE(values[k].n == expected.n);
      REQUIRE(values[k].c == expected.c);
      REQUIRE(values[k].h == expected.h);
      REQUIRE(values[k].w == expected.w);
    }
  }
}

}  // namespace longhand::test
