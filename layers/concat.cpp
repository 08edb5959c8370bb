#include "layers/concat.h"

#include <algorithm>
#include <utility>

#include "core/elementwise.h"
#include "core/error.h"
#include "layers/residual.h"
#include "layers/sequential.h"

namespace longhand {

namespace ref {

void concat_forward(const ConcatGeometry& g, const real* part, real* whole) {
  for (int n = 0; n < g.part.n; ++n) {
    for (int c = 0; c < g.part.c; ++c) {
      for (int h = 0; h < g.part.h; ++h) {
        for (int w = 0; w < g.part.w; ++w) {
          whole[at(g.whole, n, g.first + c, h, w)] = part[at(g.part, n, c, h, w)];
        }
      }
    }
  }
}

void concat_backward(const ConcatGeometry& g, const real* whole, real* part) {
  for (int n = 0; n < g.part.n; ++n) {
    for (int c = 0; c < g.part.c; ++c) {
      for (int h = 0; h < g.part.h; ++h) {
        for (int w = 0; w < g.part.w; ++w) {
          part[at(g.part, n, c, h, w)] = whole[at(g.whole, n, g.first + c, h, w)];
        }
      }
    }
  }
}

}  // namespace ref

namespace fast {

namespace {

// `images` times `size` numbers, one image that many numbers after the other.
void copy_images(int images, std::int64_t size, const real* from, std::int64_t from_image, real* to,
                 std::int64_t to_image) {
  const std::int64_t grain = elementwise_grain / size + 1;
  parallel_for(images, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t n = begin; n < end; ++n) {
      std::copy_n(from + n * from_image, size, to + n * to_image);
    }
  });
}

std::int64_t image_size(const Shape& s) {
  return Shape{1, s.c, s.h, s.w}.size();
}

}  // namespace

void concat_forward(const ConcatGeometry& g, const real* part, real* whole) {
  const std::int64_t size = image_size(g.part);
  copy_images(g.part.n, size, part, size, whole + at(g.whole, 0, g.first, 0, 0),
              image_size(g.whole));
}

void concat_backward(const ConcatGeometry& g, const real* whole, real* part) {
  const std::int64_t size = image_size(g.part);
  copy_images(g.part.n, size, whole + at(g.whole, 0, g.first, 0, 0), image_size(g.whole), part,
              size);
}

}  // namespace fast

Concat::Concat(std::vector<std::unique_ptr<Layer>> branches)
    : branches_(std::move(branches)), dy_parts_(branches_.size()) {
  if (branches_.empty()) throw ValueError("concat: needs at least one branch");
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    if (!branches_[i]) throw ValueError("concat: branch " + std::to_string(i) + " is missing");
    prefix_names(*branches_[i], std::to_string(i));
  }
}

std::string Concat::describe() const {
  std::string text = "concat";
  for (const auto& branch : branches_) text += " (" + branch->describe() + ")";
  return text;
}

Shape Concat::output_shape(const Shape& x) const {
  const Shape first = branches_[0]->output_shape(x);
  Shape y = first;
  for (std::size_t i = 1; i < branches_.size(); ++i) {
    const Shape part = branches_[i]->output_shape(x);
    if (part.n != first.n || part.h != first.h || part.w != first.w) {
      throw ShapeError("concat: branch " + std::to_string(i) + " gives " + to_string(part) +
                       ", but branch 0 gives " + to_string(first) +
                       ": all but the channels must agree");
    }
    y.c += part.c;
  }
  return y;
}

const Tensor& Concat::forward(const Tensor& x) {
  begin_forward(x);
  int first = 0;
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    const Tensor& part = branches_[i]->forward(x);
    dy_parts_[i].resize(part.shape(), part.layout());
    switch (device()) {
      case Device::reference:
        ref::concat_forward({y_.shape(), part.shape(), first}, part.data(), y_.data());
        break;
      case Device::cpu:
        fast::concat_forward({memory_shape(y_), memory_shape(part), first}, part.data(), y_.data());
        break;
      case Device::cuda:
        cuda::concat_forward({y_.shape(), part.shape(), first}, part.data(), y_.data());
        break;
    }
    first += part.shape().c;
  }
  return y_;
}

const Tensor& Concat::backward(const Tensor& dy) {
  begin_backward(dy);
  int first = 0;
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    Tensor& part = dy_parts_[i];
    switch (device()) {
      case Device::reference:
        ref::concat_backward({dy.shape(), part.shape(), first}, dy.data(), part.data());
        break;
      case Device::cpu:
        fast::concat_backward({memory_shape(dy), memory_shape(part), first}, dy.data(),
                              part.data());
        break;
      case Device::cuda:
        cuda::concat_backward({dy.shape(), part.shape(), first}, dy.data(), part.data());
        break;
    }
    first += part.shape().c;
    const Tensor& dx = branches_[i]->backward(part);
    add_up(dx, i == 0);
  }
  return dx_;
}

void Concat::add_up(const Tensor& dx, bool first) {
  switch (device()) {
    case Device::reference:
      if (first) dx_.fill(0);
      ref::add(dx.size(), dx_.data(), dx.data(), dx_.data());
      break;
    case Device::cpu:
      if (first) {
        copy(dx.stored(), dx.data(), dx_.data());
      } else {
        fast::add(dx.stored(), dx_.data(), dx.data(), dx_.data());
      }
      break;
    case Device::cuda:
      if (first) {
        cuda::copy(static_cast<std::size_t>(dx.bytes()), dx.data(), Memory::cuda, dx_.data(),
                   Memory::cuda);
      } else {
        cuda::add(dx.size(), dx_.data(), dx.data(), dx_.data());
      }
      break;
  }
}

std::vector<Param*> Concat::params() {
  std::vector<Param*> all;
  for (const auto& branch : branches_) {
    for (Param* p : branch->params()) all.push_back(p);
  }
  return all;
}

bool Concat::takes_lanes() const {
  return std::all_of(branches_.begin(), branches_.end(),
                     [](const auto& branch) { return branch->takes_lanes(); });
}

std::int64_t Concat::lanes_gain(const Shape& x) const {
  std::int64_t gain = 0;
  for (const auto& branch : branches_) gain += branch->lanes_gain(x);
  return gain;
}

void Concat::to(Device device) {
  Layer::to(device);
  for (const auto& branch : branches_) branch->to(device);
  for (Tensor& part : dy_parts_) part = Tensor(memory_of(this->device()));
}

std::int64_t Concat::activation_bytes() const {
  std::int64_t bytes = Layer::activation_bytes();
  for (const Tensor& part : dy_parts_) bytes += part.bytes();
  for (const auto& branch : branches_) bytes += branch->activation_bytes();
  return bytes;
}

}  // namespace longhand
