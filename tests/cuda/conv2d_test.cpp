#include "tests/cuda/conv2d_versions.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

// Both sums of a channel, which is the same in all versions of the rest.
void check_bias(const Conv2dGeometry& g) {
  const Tensor dy = whole_numbers(g.y, 4);
  const DeviceArray<real> device_dy = on_device(dy);
  Tensor db({g.y.c});
  db.fill(1);
  const DeviceArray<real> device_db = on_device(db), device_db_v1 = on_device(db);
  ref::conv2d_backward_bias(g, dy.data(), db.data());
  cuda::conv2d_backward_bias(g, device_dy.data(), device_db.data());
  check_same("db", device_db, db);
  cuda::conv2d_backward_bias_v1(g, device_dy.data(), device_db_v1.data());
  check_same("db of v1", device_db_v1, db);
}

}  // namespace

TEST_CASE("every version of conv2d is ref's loops, in any order of threads") {
  for (const cuda::Conv2dVersion version : cuda::conv2d_versions) {
    int checked = 0;
    in_all_orders([&] {
      for_each_case([&](const Conv2dGeometry& g, bool bias) {
        if (check_version(version, g, bias)) ++checked;
      });
    });
    CAPTURE(to_string(version));
    CHECK(checked > 0);
  }
}

TEST_CASE("every version of conv2d is ref's loops at the edges of its tiles") {
  for (const cuda::Conv2dVersion version : cuda::conv2d_versions) {
    for_each_edge([&](const Conv2dGeometry& g) { check_version(version, g, true); });
  }
}

TEST_CASE("a version of conv2d that does not fit says so") {
  const Conv2dGeometry g = conv2d_geometry({1, 1, 9, 9}, {1, 1, 7, 7}, {.kernel = 7}, 1);
  CHECK_FALSE(fits(cuda::Conv2dVersion::strips, g));
  CHECK_THROWS_WITH_AS(
      cuda::conv2d_forward(cuda::Conv2dVersion::strips, g, nullptr, nullptr, nullptr, nullptr),
      "conv2d: the version strips does not fit the input 1x1x9x9 and the weights 1x1x7x7",
      ValueError);
}

TEST_CASE("the bias's gradient is ref's sum, in any order of threads") {
  in_all_orders([] { for_each_case([](const Conv2dGeometry& g, bool) { check_bias(g); }); });
  // More images than the blocks of so many channels take at once.
  check_bias(conv2d_geometry({70, 1, 2, 3}, {130, 1, 1, 1}, {.kernel = 1}, 1));
}

TEST_CASE("im2col writes the windows' contents, and col2im adds them up where they came from") {
  for_each_case([](const Conv2dGeometry& g, bool) {
    const Shape image{1, g.w.c, g.x.h, g.x.w};
    const Shape matrix{g.w.c, g.w.h, g.w.w, g.y.h * g.y.w};
    const Tensor x = whole_numbers(image, 1), dcolumns = whole_numbers(matrix, 2);
    Tensor columns(matrix), dx(image);
    for (int ci = 0; ci < g.w.c; ++ci) {
      for (int kh = 0; kh < g.w.h; ++kh) {
        for (int kw = 0; kw < g.w.w; ++kw) {
          for (int place = 0; place < matrix.w; ++place) {
            const int oh = place / g.y.w, ow = place % g.y.w;
            const int ih = oh * g.stride_h - g.padding_top + kh * g.dilation_h;
            const int iw = ow * g.stride_w - g.padding_left + kw * g.dilation_w;
            if (!inside(image, ih, iw)) continue;
            columns.at(ci, kh, kw, place) = x.at(0, ci, ih, iw);
            dx.at(0, ci, ih, iw) += dcolumns.at(ci, kh, kw, place);
          }
        }
      }
    }
    DeviceArray<real> device_columns(static_cast<std::size_t>(columns.size()));
    DeviceArray<real> device_dx(static_cast<std::size_t>(dx.size()));
    const DeviceArray<real> device_x = on_device(x), device_dcolumns = on_device(dcolumns);
    cuda::im2col::im2col(g, device_x.data(), device_columns.data());
    check_same("columns", device_columns, columns);
    cuda::im2col::col2im(g, device_dcolumns.data(), device_dx.data());
    check_same("dx", device_dx, dx);
  });
}

}  // namespace longhand::test
