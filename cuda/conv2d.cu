// Which version of the convolution runs. The rule is a prediction (docs/cuda_conv.md counts why);
// `bench conv ... --version all` measures it.
#include "core/error.h"
#include "cuda/conv2d/versions.h"

namespace longhand::cuda {

std::string to_string(Conv2dVersion version) {
  switch (version) {
    case Conv2dVersion::plain:
      return "plain";
    case Conv2dVersion::im2col:
      return "im2col";
    case Conv2dVersion::tiled:
      return "tiled";
    case Conv2dVersion::strips:
      return "strips";
    case Conv2dVersion::implicit:
      return "implicit";
  }
  return "unknown";
}

bool fits(Conv2dVersion version, const Conv2dGeometry& g) {
  switch (version) {
    case Conv2dVersion::plain:
    case Conv2dVersion::im2col:
      return true;
    case Conv2dVersion::tiled:
      return tiled::correlations_fit(g) && tiled::weights_fit(g);
    case Conv2dVersion::strips:
      return strips::correlations_fit(g) && strips::weights_fit(g);
    case Conv2dVersion::implicit:
      return implicit::fits(g);
  }
  return false;
}

namespace {

void require_fit(Conv2dVersion version, const Conv2dGeometry& g) {
  if (fits(version, g)) return;
  throw ValueError("conv2d: the version " + to_string(version) + " does not fit the input " +
                   longhand::to_string(g.x) + " and the weights " + longhand::to_string(g.w));
}

// Small images with few channels: a block has whole ones, and few of the strips' places, a multiple
// of 4 in a row, are beyond the image's last column.
bool suits_strips(const Conv2dGeometry& g) {
  const auto few_left = [](int columns) { return (columns + 3) / 4 * 4 * 2 <= columns * 3; };
  return g.x.h <= 32 && g.x.w <= 32 && g.w.c <= 32 && few_left(g.x.w) && few_left(g.y.w) &&
         fits(Conv2dVersion::strips, g);
}

// Groups that fill tiles: at least a thread's rows of output channels, and a step along k.
bool suits_implicit(const Conv2dGeometry& g) {
  return g.y.c / g.groups >= 8 && g.w.c * g.w.h * g.w.w >= 16 && fits(Conv2dVersion::implicit, g);
}

}  // namespace

Conv2dVersion chosen_version(const Conv2dGeometry& g) {
  if (suits_strips(g)) return Conv2dVersion::strips;
  if (suits_implicit(g)) return Conv2dVersion::implicit;
  if (fits(Conv2dVersion::tiled, g)) return Conv2dVersion::tiled;
  return Conv2dVersion::plain;
}

void conv2d_forward(Conv2dVersion version, const Conv2dGeometry& g, const real* x, const real* w,
                    const real* b, real* y) {
  require_fit(version, g);
  switch (version) {
    case Conv2dVersion::plain:
      return plain::conv2d_forward(g, x, w, b, y);
    case Conv2dVersion::im2col:
      return im2col::conv2d_forward(g, x, w, b, y);
    case Conv2dVersion::tiled:
      return tiled::conv2d_forward(g, x, w, b, y);
    case Conv2dVersion::strips:
      return strips::conv2d_forward(g, x, w, b, y);
    case Conv2dVersion::implicit:
      return implicit::conv2d_forward(g, x, w, b, y);
  }
}

void conv2d_backward_data(Conv2dVersion version, const Conv2dGeometry& g, const real* dy,
                          const real* w, real* dx) {
  require_fit(version, g);
  switch (version) {
    case Conv2dVersion::plain:
      return plain::conv2d_backward_data(g, dy, w, dx);
    case Conv2dVersion::im2col:
      return im2col::conv2d_backward_data(g, dy, w, dx);
    case Conv2dVersion::tiled:
      return tiled::conv2d_backward_data(g, dy, w, dx);
    case Conv2dVersion::strips:
      return strips::conv2d_backward_data(g, dy, w, dx);
    case Conv2dVersion::implicit:
      return implicit::conv2d_backward_data(g, dy, w, dx);
  }
}

void conv2d_backward_weights(Conv2dVersion version, const Conv2dGeometry& g, const real* x,
                             const real* dy, real* dw) {
  require_fit(version, g);
  switch (version) {
    case Conv2dVersion::plain:
      return plain::conv2d_backward_weights(g, x, dy, dw);
    case Conv2dVersion::im2col:
      return im2col::conv2d_backward_weights(g, x, dy, dw);
    case Conv2dVersion::tiled:
      return tiled::conv2d_backward_weights(g, x, dy, dw);
    case Conv2dVersion::strips:
      return strips::conv2d_backward_weights(g, x, dy, dw);
    case Conv2dVersion::implicit:
      return implicit::conv2d_backward_weights(g, x, dy, dw);
  }
}

void conv2d_forward(const Conv2dGeometry& g, const real* x, const real* w, const real* b, real* y) {
  conv2d_forward(chosen_version(g), g, x, w, b, y);
}

void conv2d_backward_data(const Conv2dGeometry& g, const real* dy, const real* w, real* dx) {
  conv2d_backward_data(chosen_version(g), g, dy, w, dx);
}

void conv2d_backward_weights(const Conv2dGeometry& g, const real* x, const real* dy, real* dw) {
  conv2d_backward_weights(chosen_version(g), g, x, dy, dw);
}

}  // namespace longhand::cuda
