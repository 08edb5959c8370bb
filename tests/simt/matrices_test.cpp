// half and bfloat16 against their definition, and the emulated tensor cores against a sum.
#include <doctest/doctest.h>

#include <cmath>

#include "simt/small_floats.h"
#include "tests/simt/device_array.h"
#include "tests/simt/kernels.h"
#include "tests/simt/orders.h"

using namespace longhand::simt;
using namespace longhand::test;

TEST_CASE("every half and every bfloat16 survives as a float") {
  for (unsigned bits = 0; bits < 0x10000U; ++bits) {
    const auto narrow = static_cast<std::uint16_t>(bits);
    const float half = half_to_float(narrow), bfloat = bfloat_to_float(narrow);
    if (std::isnan(half)) {
      REQUIRE((bits & 0x7fffU) > 0x7c00U);
      REQUIRE(std::isnan(half_to_float(float_to_half(half))));
    } else {
      REQUIRE(float_to_half(half) == narrow);
    }
    if (std::isnan(bfloat)) {
      REQUIRE((bits & 0x7fffU) > 0x7f80U);
      REQUIRE(std::isnan(bfloat_to_float(float_to_bfloat(bfloat))));
    } else {
      REQUIRE(float_to_bfloat(bfloat) == narrow);
    }
  }
  CHECK(half_to_float(0x3c00) == 1.0F);
  CHECK(half_to_float(0x7bff) == 65504.0F);
  CHECK(half_to_float(0x0001) == 0x1p-24F);
  CHECK(half_to_float(0xfc00) == -INFINITY);
}

TEST_CASE("floats are rounded to the nearest half, ties to even") {
  // Between each two neighbours the middle goes to the even one, a little less or more where it is
  // nearer to.
  for (std::uint16_t bits = 0; bits < 0x7bff; ++bits) {
    const auto next = static_cast<std::uint16_t>(bits + 1);
    const float middle = (half_to_float(bits) + half_to_float(next)) / 2;
    REQUIRE(float_to_half(middle) == (bits % 2 == 0 ? bits : next));
    REQUIRE(float_to_half(std::nextafter(middle, 0.0F)) == bits);
    REQUIRE(float_to_half(std::nextafter(middle, 1e9F)) == next);
    REQUIRE(float_to_half(-middle) == ((bits % 2 == 0 ? bits : next) | 0x8000));
  }
  CHECK(float_to_half(65519.99F) == 0x7bff);
  CHECK(float_to_half(65520.0F) == 0x7c00);
  CHECK(float_to_half(1e30F) == 0x7c00);
  CHECK(float_to_half(1e-30F) == 0);
  CHECK(float_to_bfloat(1.00390625F) == 0x3f80);  // 1 + 2^-8, a tie
  CHECK(float_to_bfloat(1.01171875F) == 0x3f82);  // 1 + 3 * 2^-8, another
}

TEST_CASE("arithmetic in half and bfloat16") {
  const DeviceArray<float> x(std::vector<float>{1.5F, 2.25F, 3.015625F});
  DeviceArray<float> y(5);
  halves(x.data(), y.data());
  CHECK(y.values() == std::vector<float>{3.75F, 3.875F, 2.25F, 3.015625F, 9.125F});
}

TEST_CASE("tensor cores") {
  in_all_orders([] {
    for (const int k : {16, 48}) {
      std::vector<float> a(static_cast<std::size_t>(16 * k)), b(a.size()), c(256);
      for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = static_cast<float>(i * 5 % 13) - 6;
        b[i] = static_cast<float>(i * 3 % 7) - 3;
      }
      for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(i);
      for (const auto multiply : {wmma_half, wmma_bfloat16}) {
        const DeviceArray<float> device_c(c);
        multiply(k, DeviceArray<float>(a).data(), DeviceArray<float>(b).data(), device_c.data());
        const std::vector<float> found = device_c.values();
        for (std::size_t row = 0; row < 16; ++row) {
          for (std::size_t column = 0; column < 16; ++column) {
            float sum = c[row * 16 + column];
            for (std::size_t i = 0; i < static_cast<std::size_t>(k); ++i) {
              sum += a[row * static_cast<std::size_t>(k) + i] * b[i * 16 + column];
            }
            REQUIRE(found[row * 16 + column] == 2 * sum);
          }
        }
      }
    }
  });
  DeviceArray<float> c(256);
  CHECK_THROWS_WITH_AS(wmma_misaligned(c.data()), doctest::Contains("misaligned matrix: kernel"),
                       longhand::CudaError);
}
