// Tensor: numbers in memory with a shape. It owns its memory and knows nothing about gradients.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "core/layout.h"
#include "core/real.h"
#include "core/shape.h"

namespace longhand {

// Contiguous NCHW unless a network on Device::cpu asks for Layout::lanes; the first element is
// aligned to 64 bytes (a cache line, and the widest vector register). at() and to_string() hide the
// layout. Copying copies the numbers and their layout; moving moves the memory.
class Tensor {
 public:
  Tensor() = default;                   // empty: shape 0x1x1x1, no memory
  explicit Tensor(const Shape& shape);  // filled with zeros
  Tensor(const Shape& shape, std::initializer_list<real> values);  // in NCHW order
  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  ~Tensor() = default;

  const Shape& shape() const { return shape_; }
  Layout layout() const { return layout_; }
  std::int64_t size() const { return shape_.size(); }
  // Numbers in memory: size(), and in Layout::lanes also those of lanes without an image.
  std::int64_t stored() const { return stored_size(shape_, layout_); }
  std::int64_t bytes() const { return stored() * static_cast<std::int64_t>(sizeof(real)); }
  bool empty() const { return size() == 0; }

  real* data() { return data_.get(); }
  const real* data() const { return data_.get(); }

  // The numbers in the order of memory.
  real& operator[](std::int64_t i) {
    assert(i >= 0 && i < stored());
    return data_[static_cast<std::size_t>(i)];
  }
  real operator[](std::int64_t i) const {
    assert(i >= 0 && i < stored());
    return data_[static_cast<std::size_t>(i)];
  }
  real& at(int n, int c, int h, int w) {
    return (*this)[longhand::at(shape_, layout_, n, c, h, w)];
  }
  real at(int n, int c, int h, int w) const {
    return (*this)[longhand::at(shape_, layout_, n, c, h, w)];
  }

  // Takes a new shape and layout. Memory is kept while it is large enough, so a training step
  // allocates nothing; the numbers are unspecified afterwards unless both are the same.
  void resize(const Shape& shape, Layout layout = Layout::nchw);

  void fill(real value);

 private:
  struct Free {
    Free() : alignment(0) {}
    explicit Free(std::size_t alignment_) : alignment(alignment_) {}
    void operator()(real* memory) const;
    std::size_t alignment;
  };
  Shape shape_;
  Layout layout_ = Layout::nchw;
  std::int64_t capacity_ = 0;
  std::unique_ptr<real[], Free> data_;
};

// y becomes x in that layout, with zeros in the lanes that stand for no image.
void convert(const Tensor& x, Layout layout, Tensor& y);

// The numbers as rows of text, one image and channel after the other: for a debugger, or a lesson.
std::string to_string(const Tensor& tensor);

}  // namespace longhand
