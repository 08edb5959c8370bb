// Bias, activation and pooling as one kernel: the numbers of the reference's loops one by one.
#include "layers/conv_tail.h"

#include <algorithm>
#include <string>

#include "layers/avg_pool2d.h"
#include "layers/leaky_relu.h"
#include "layers/max_pool2d.h"
#include "layers/relu.h"
#include "layers/sigmoid.h"
#include "layers/tanh.h"
#include "tests/cuda/pool2d_windows.h"
#include "tests/cuda/real_numbers.h"
#include "tests/simt/orders.h"

namespace longhand::test {
namespace {

using Activation = ConvTailGeometry::Activation;
using Pool = ConvTailGeometry::Pool;

// Of the reference: a = activation(z + b), y = pool(a), and all gradients. db begins as ones.
struct Expected {
  Tensor a, y, dz, db;
  std::vector<std::int32_t> argmax;
};

void activate(const ConvTailGeometry& g, Tensor& a) {
  const std::int64_t size = a.size();
  real* const x = a.data();
  switch (g.activation) {
    case Activation::none:
      return;
    case Activation::relu:
      return ref::relu_forward(size, x, x);
    case Activation::leaky_relu:
      return ref::leaky_relu_forward({size, g.slope}, x, x);
    case Activation::sigmoid:
      return ref::sigmoid_forward(size, x, x);
    case Activation::tanh:
      return ref::tanh_forward({size, g.amplitude, g.slope}, x, x);
  }
}

// da becomes the gradient by the activation's input x; a is its output.
void activate_backward(const ConvTailGeometry& g, const Tensor& x, const Tensor& a, Tensor& da) {
  const std::int64_t size = a.size();
  switch (g.activation) {
    case Activation::none:
      return;
    case Activation::relu:
      return ref::relu_backward(size, x.data(), da.data(), da.data());
    case Activation::leaky_relu:
      return ref::leaky_relu_backward({size, g.slope}, x.data(), da.data(), da.data());
    case Activation::sigmoid:
      return ref::sigmoid_backward(size, a.data(), da.data(), da.data());
    case Activation::tanh:
      return ref::tanh_backward({size, g.amplitude, g.slope}, a.data(), da.data(), da.data());
  }
}

Expected expect(const ConvTailGeometry& g, const Tensor& z, const Tensor* b, const Tensor& dy) {
  Expected e{.a = z,
             .y = Tensor(g.window.y),
             .dz = Tensor(z.shape()),
             .db = Tensor({z.shape().c}),
             .argmax = std::vector<std::int32_t>(static_cast<std::size_t>(dy.size()))};
  const std::int64_t plane = std::int64_t{z.shape().h} * z.shape().w;
  const auto channel = [&](std::int64_t i) { return i / plane % z.shape().c; };
  for (std::int64_t i = 0; b != nullptr && i < z.size(); ++i) e.a[i] += (*b)[channel(i)];
  const Tensor x = e.a;
  activate(g, e.a);
  switch (g.pool) {
    case Pool::none:
      e.y = e.a;
      e.dz = dy;
      break;
    case Pool::max:
      ref::max_pool2d_forward(g.window, e.a.data(), e.y.data(), e.argmax.data());
      ref::max_pool2d_backward(g.window, dy.data(), e.argmax.data(), e.dz.data());
      break;
    case Pool::average:
      ref::avg_pool2d_forward(g.window, e.a.data(), e.y.data());
      ref::avg_pool2d_backward(g.window, dy.data(), e.dz.data());
      break;
  }
  activate_backward(g, x, e.a, e.dz);
  e.db.fill(1);
  for (std::int64_t i = 0; i < z.size(); ++i) e.db[channel(i)] += e.dz[i];
  return e;
}

bool all_zero(const Tensor& tensor) {
  return std::all_of(tensor.data(), tensor.data() + tensor.size(), [](real x) { return x == 0; });
}

// `exact`: the numbers are whole, and so are the formulas of everything.
void check_tail(const ConvTailGeometry& g, bool with_bias, bool exact) {
  CAPTURE(with_bias);
  CAPTURE(static_cast<int>(g.activation));
  CAPTURE(static_cast<int>(g.pool));
  CAPTURE(to_string(g.window.x));
  const auto numbers = [exact](const Shape& shape, std::uint64_t seed) {
    return exact ? whole_numbers(shape, seed) : real_numbers(shape, seed);
  };
  const Tensor z = numbers(g.window.x, 1), b = numbers({g.window.x.c}, 2);
  const Tensor dy = numbers(g.window.y, 3);
  const Expected e = expect(g, z, with_bias ? &b : nullptr, dy);
  const auto check = [exact](const std::string& name, const DeviceArray<real>& found,
                             const Tensor& expected) {
    if (all_zero(expected)) {  // as a relu of few numbers may be, and its gradient
      for (const real value : found.values()) CHECK_MESSAGE(value == 0, name);
    } else if (exact) {
      check_same(name, found, expected);
    } else {
      check_near(name, found, expected);
    }
  };

  const DeviceArray<real> device_z = on_device(z), device_b = on_device(b);
  const DeviceArray<real> y = unwritten(e.y), dz = unwritten(z), db = on_device([&] {
                                                                   Tensor ones = e.db;
                                                                   ones.fill(1);
                                                                   return ones;
                                                                 }());
  const DeviceArray<std::int32_t> argmax(e.argmax.size());
  const bool max = g.pool == Pool::max;
  const real* const bias = with_bias ? device_b.data() : nullptr;
  cuda::conv_tail_forward(g, device_z.data(), bias, y.data(), max ? argmax.data() : nullptr);
  check("y", y, e.y);
  if (max) CHECK(argmax.values() == e.argmax);

  cuda::conv_tail_backward(g, device_z.data(), bias, y.data(), max ? argmax.data() : nullptr,
                           on_device(dy).data(), dz.data(), with_bias ? db.data() : nullptr);
  check("dz", dz, e.dz);
  const std::vector<real> sums = db.values();
  for (std::size_t c = 0; c < sums.size() && with_bias; ++c) {
    const real expected = e.db[static_cast<std::int64_t>(c)];
    if (exact) CHECK(sums[c] == expected);
    CHECK(sums[c] == doctest::Approx(expected).epsilon(1e-5).scale(10));  // in another order
  }

  // dz in z's place
  cuda::conv_tail_backward(g, device_z.data(), bias, y.data(), max ? argmax.data() : nullptr,
                           on_device(dy).data(), device_z.data(), nullptr);
  check("dz in the place of z", device_z, e.dz);
}

constexpr Activation activations[] = {Activation::none, Activation::relu, Activation::leaky_relu,
                                      Activation::sigmoid, Activation::tanh};

ConvTailGeometry geometry(Activation activation, Pool pool, const Pool2dGeometry& window) {
  // 0.5 and 1 keep whole numbers exact
  if (activation == Activation::tanh)
    return {activation, real(2.0 / 3.0), real(1.7159), pool, window};
  return {activation, real(0.5), 1, pool, window};
}

bool is_exact(Activation activation) {
  return activation != Activation::sigmoid && activation != Activation::tanh;
}

}  // namespace

TEST_CASE("a tail with max pooling is ref's loops") {
  for_each_pool2d([](const Pool2dGeometry& window) {
    for (const Activation activation : activations) {
      check_tail(geometry(activation, Pool::max, window), true, is_exact(activation));
    }
  });
}

TEST_CASE("a tail with average pooling is ref's loops") {
  for_each_pool2d([](Pool2dGeometry window) {
    for (const Activation activation : activations) {
      check_tail(geometry(activation, Pool::average, window), true, false);
    }
    window.count_padding = false;
    check_tail(geometry(Activation::tanh, Pool::average, window), true, false);
  });
}

TEST_CASE("a tail with pooling is the same in any order of threads, and without a bias") {
  in_all_orders([] {
    for_each_pool2d([](const Pool2dGeometry& window) {
      check_tail(geometry(Activation::relu, Pool::max, window), false, true);
      check_tail(geometry(Activation::tanh, Pool::average, window), false, false);
    });
  });
}

TEST_CASE("a tail without pooling is ref's loops, in any order of threads") {
  in_all_orders([] {
    for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{3, 2, 3, 5}, Shape{2, 3, 4, 6},
                               Shape{5, 7, 1, 1}, Shape{130, 2, 2, 4}}) {
      for (const Activation activation : activations) {
        check_tail(geometry(activation, Pool::none, {.x = shape, .y = shape}), true,
                   is_exact(activation));
      }
      check_tail(geometry(Activation::relu, Pool::none, {.x = shape, .y = shape}), false, true);
    }
  });
}

TEST_CASE("a tail without pooling in the place of its input") {
  const Shape shape{3, 2, 4, 5};
  const ConvTailGeometry g = geometry(Activation::relu, Pool::none, {.x = shape, .y = shape});
  const Tensor z = whole_numbers(shape, 1), b = whole_numbers({2}, 2);
  const DeviceArray<real> device_z = on_device(z);
  cuda::conv_tail_forward(g, device_z.data(), on_device(b).data(), device_z.data(), nullptr);
  check_same("y", device_z, expect(g, z, &b, z).y);
}

TEST_CASE("a tail's gradient of the bias has the same bits whatever the order of threads") {
  const Pool2dGeometry window =
      pool2d_geometry({40, 3, 12, 12}, {.kernel = 2, .stride = 2}, "max_pool2d");
  const ConvTailGeometry g = geometry(Activation::tanh, Pool::average, window);
  const DeviceArray<real> z = on_device(real_numbers(window.x, 1)),
                          b = on_device(real_numbers({3}, 2));
  const DeviceArray<real> y = on_device(real_numbers(window.y, 3)),
                          dy = on_device(real_numbers(window.y, 4));
  std::vector<real> first;
  in_all_orders([&] {
    const DeviceArray<real> dz(static_cast<std::size_t>(window.x.size())),
        db(std::vector<real>(3, 1));
    cuda::conv_tail_backward(g, z.data(), b.data(), y.data(), nullptr, dy.data(), dz.data(),
                             db.data());
    if (first.empty()) first = db.values();
    CHECK(db.values() == first);
  });
}

}  // namespace longhand::test
