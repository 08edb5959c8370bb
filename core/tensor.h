// Tensor: numbers in memory with a shape. It owns its memory and knows nothing about gradients.
#pragma once

#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "core/real.h"
#include "core/shape.h"

namespace longhand {

// Contiguous NCHW, the first element aligned to 64 bytes (a cache line, and the widest vector
// register). Copying copies the numbers; moving moves the memory.
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
  std::int64_t size() const { return shape_.size(); }
  bool empty() const { return size() == 0; }

  real* data() { return data_.get(); }
  const real* data() const { return data_.get(); }

  real& operator[](std::int64_t i) {
    assert(i >= 0 && i < size());
    return data_[static_cast<std::size_t>(i)];
  }
  real operator[](std::int64_t i) const {
    assert(i >= 0 && i < size());
    return data_[static_cast<std::size_t>(i)];
  }
  real& at(int n, int c, int h, int w) { return (*this)[longhand::at(shape_, n, c, h, w)]; }
  real at(int n, int c, int h, int w) const { return (*this)[longhand::at(shape_, n, c, h, w)]; }

  // Takes a new shape. Memory is kept while it is large enough, so a training step allocates
  // nothing; the numbers are unspecified afterwards unless the shape is the same.
  void resize(const Shape& shape);

  void fill(real value);

 private:
  struct Free {
    void operator()(real* memory) const;
  };
  Shape shape_;
  std::int64_t capacity_ = 0;
  std::unique_ptr<real[], Free> data_;
};

// The numbers as rows of text, one image and channel after the other: for a debugger, or a lesson.
std::string to_string(const Tensor& tensor);

}  // namespace longhand
