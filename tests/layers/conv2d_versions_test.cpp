// The versions of the convolution on cuda, in float and in double.
#include "tests/cuda/conv2d_versions.h"

namespace longhand::test {

TEST_CASE("every version of conv2d on cuda is ref's loops") {
  for (const cuda::Conv2dVersion version : cuda::conv2d_versions) {
    for_each_case([&](const Conv2dGeometry& g, bool bias) { check_version(version, g, bias); });
    for_each_edge([&](const Conv2dGeometry& g) { check_version(version, g, true); });
  }
}

TEST_CASE("every version of conv2d is chosen for some shape") {
  for (const cuda::Conv2dVersion version : cuda::conv2d_versions) {
    if (version == cuda::Conv2dVersion::im2col) continue;  // a lower rung
    CAPTURE(to_string(version));
    int chosen = 0;
    for_each_case([&](const Conv2dGeometry& g, bool) {
      if (cuda::chosen_version(g) == version) ++chosen;
    });
    for_each_edge([&](const Conv2dGeometry& g) {
      if (cuda::chosen_version(g) == version) ++chosen;
    });
    CHECK(chosen > 0);
  }
}

}  // namespace longhand::test
