// Which version of the convolution runs.
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
  }
  return false;
}

namespace {

void require_fit(Conv2dVersion version, const Conv2dGeometry& g) {
  if (fits(version, g)) return;
  throw ValueError("conv2d: the version " + to_string(version) + " does not fit the input " +
                   longhand::to_string(g.x) + " and the weights " + longhand::to_string(g.w));
}

}  // namespace

Conv2dVersion chosen_version(const Conv2dGeometry& g) {
  if (fits(Conv2dVersion::strips, g)) return Conv2dVersion::strips;
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
