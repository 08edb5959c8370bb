#include "layers/flatten.h"

#include <limits>

#include "core/elementwise.h"
#include "core/error.h"

namespace longhand {

namespace ref {

void flatten_forward(const Shape& g, const real* x, real* y) {
  const Shape flat{g.n, g.c * g.h * g.w};
  for (int n = 0; n < g.n; ++n) {
    for (int c = 0; c < g.c; ++c) {
      for (int h = 0; h < g.h; ++h) {
        for (int w = 0; w < g.w; ++w) {
          y[at(flat, n, (c * g.h + h) * g.w + w, 0, 0)] = x[at(g, n, c, h, w)];
        }
      }
    }
  }
}

void flatten_backward(const Shape& g, const real* dy, real* dx) {
  const Shape flat{g.n, g.c * g.h * g.w};
  for (int n = 0; n < g.n; ++n) {
    for (int c = 0; c < g.c; ++c) {
      for (int h = 0; h < g.h; ++h) {
        for (int w = 0; w < g.w; ++w) {
          dx[at(g, n, c, h, w)] = dy[at(flat, n, (c * g.h + h) * g.w + w, 0, 0)];
        }
      }
    }
  }
}

}  // namespace ref

Shape Flatten::output_shape(const Shape& x) const {
  const std::int64_t features = Shape{1, x.c, x.h, x.w}.size();
  if (features > std::numeric_limits<int>::max()) {
    throw ShapeError("flatten: input " + to_string(x) + " has too many features an image");
  }
  return {x.n, static_cast<int>(features)};
}

const Tensor& Flatten::forward(const Tensor& x) {
  begin_forward(x);
  switch (device()) {
    case Device::reference:
      ref::flatten_forward(x.shape(), x.data(), y_.data());
      break;
    case Device::cpu:
      copy(x.stored(), x.data(), y_.data());
      break;
    case Device::cuda:
      cuda::copy(static_cast<std::size_t>(x.bytes()), x.data(), Memory::cuda, y_.data(),
                 Memory::cuda);
      break;
  }
  return y_;
}

const Tensor& Flatten::backward(const Tensor& dy) {
  const Tensor& x = begin_backward(dy);
  switch (device()) {
    case Device::reference:
      ref::flatten_backward(x.shape(), dy.data(), dx_.data());
      break;
    case Device::cpu:
      copy(dy.stored(), dy.data(), dx_.data());
      break;
    case Device::cuda:
      cuda::copy(static_cast<std::size_t>(dy.bytes()), dy.data(), Memory::cuda, dx_.data(),
                 Memory::cuda);
      break;
  }
  return dx_;
}

}  // namespace longhand
