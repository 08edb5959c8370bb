#include "layers/conv2d.h"

#include "layers/cases.h"
#include "tests/cuda/on_device.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

// Calls f with the geometry of each convolution in layers/cases.h, and whether it has a bias.
template <class F>
void for_each_case(F f) {
  int cases = 0;
  for (const LayerCase& c : layer_cases("conv2d")) {
    CAPTURE(c.name);
    const auto layer = c.make();
    const auto& conv = dynamic_cast<const Conv2d&>(*layer);
    f(conv.geometry(c.x, Layout::nchw), conv.has_bias());
    ++cases;
  }
  REQUIRE(cases > 0);
}

struct Version {
  const char* name;
  decltype(&cuda::conv2d_forward) forward;
  decltype(&cuda::conv2d_backward_data) backward_data;
  decltype(&cuda::conv2d_backward_weights) backward_weights;
};
constexpr Version plain{"one thread an element", cuda::conv2d_forward, cuda::conv2d_backward_data,
                        cuda::conv2d_backward_weights};
constexpr Version im2col{"im2col", cuda::im2col::conv2d_forward, cuda::im2col::conv2d_backward_data,
                         cuda::im2col::conv2d_backward_weights};

void check_case(const Version& version, const Conv2dGeometry& g, bool bias) {
  CAPTURE(version.name);
  const Tensor x = whole_numbers(g.x, 1), w = whole_numbers(g.w, 2);
  const Tensor b = whole_numbers({g.y.c}, 3), dy = whole_numbers(g.y, 4);
  const DeviceArray<real> device_x = on_device(x), device_w = on_device(w);
  const DeviceArray<real> device_b = on_device(b), device_dy = on_device(dy);

  // y and dx are garbage before; dw and db hold what earlier batches have added.
  Tensor y(g.y), dx(g.x), dw(g.w), db({g.y.c});
  dw.fill(1);
  db.fill(1);
  DeviceArray<real> device_y(static_cast<std::size_t>(y.size()));
  DeviceArray<real> device_dx(static_cast<std::size_t>(dx.size()));
  const DeviceArray<real> device_dw = on_device(dw), device_db = on_device(db);

  ref::conv2d_forward(g, x.data(), w.data(), bias ? b.data() : nullptr, y.data());
  version.forward(g, device_x.data(), device_w.data(), bias ? device_b.data() : nullptr,
                  device_y.data());
  check_same("y", device_y, y);
  ref::conv2d_backward_data(g, dy.data(), w.data(), dx.data());
  version.backward_data(g, device_dy.data(), device_w.data(), device_dx.data());
  check_same("dx", device_dx, dx);
  ref::conv2d_backward_weights(g, x.data(), dy.data(), dw.data());
  version.backward_weights(g, device_x.data(), device_dy.data(), device_dw.data());
  check_same("dw", device_dw, dw);
  ref::conv2d_backward_bias(g, dy.data(), db.data());
  cuda::conv2d_backward_bias(g, device_dy.data(), device_db.data());
  check_same("db", device_db, db);
}

}  // namespace

TEST_CASE("the kernels of conv2d are ref's loops, in any order of threads") {
  in_all_orders([] {
    for_each_case([](const Conv2dGeometry& g, bool bias) { check_case(plain, g, bias); });
  });
}

TEST_CASE("conv2d by im2col and gemm is ref's conv2d") {
  for_each_case([](const Conv2dGeometry& g, bool bias) { check_case(im2col, g, bias); });
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
