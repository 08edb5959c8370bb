// Tensor: numbers in memory with a shape. It owns its memory and knows nothing about gradients.
#pragma once

#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "core/layout.h"
#include "core/memory.h"
#include "core/real.h"
#include "core/shape.h"

namespace longhand {

// Contiguous NCHW unless a network on Device::cpu asks for Layout::lanes; the first element is
// aligned to 64 bytes (a cache line, and the widest vector register). at() and to_string() hide the
// layout. Copying copies the numbers, in the same layout and memory; moving moves the memory.
//
// The numbers lie in the host's memory, or in the GPU's for Device::cuda: there only kernels and
// to() reach them, and at(), [] and to_string() throw DeviceError.
class Tensor {
 public:
  Tensor() = default;                                // empty: shape 0x1x1x1, no memory
  explicit Tensor(Memory memory) : data_(memory) {}  // empty, to be resized in that memory
  explicit Tensor(const Shape& shape);               // filled with zeros
  Tensor(const Shape& shape, std::initializer_list<real> values);  // in NCHW order
  Tensor(const Tensor& other) = default;
  Tensor& operator=(const Tensor& other) = default;
  Tensor(Tensor&&) noexcept = default;
  Tensor& operator=(Tensor&&) noexcept = default;
  ~Tensor() = default;

  const Shape& shape() const { return shape_; }
  Layout layout() const { return layout_; }
  Memory memory() const { return data_.memory(); }
  std::int64_t size() const { return shape_.size(); }
  // Numbers in memory: size(), and in Layout::lanes also those of lanes without an image.
  std::int64_t stored() const { return stored_size(shape_, layout_); }
  std::int64_t bytes() const { return stored() * static_cast<std::int64_t>(sizeof(real)); }
  bool empty() const { return size() == 0; }

  real* data() { return data_.data(); }
  const real* data() const { return data_.data(); }

  // The numbers in the order of memory.
  real& operator[](std::int64_t i) {
    assert(i >= 0 && i < stored());
    if (memory() != Memory::host) refuse_access();
    return data()[i];
  }
  real operator[](std::int64_t i) const {
    assert(i >= 0 && i < stored());
    if (memory() != Memory::host) refuse_access();
    return data()[i];
  }
  real& at(int n, int c, int h, int w) {
    return (*this)[longhand::at(shape_, layout_, n, c, h, w)];
  }
  real at(int n, int c, int h, int w) const {
    return (*this)[longhand::at(shape_, layout_, n, c, h, w)];
  }

  // Takes a new shape and layout, in the same memory, which is kept while it is large enough, so a
  // training step allocates nothing; the numbers are unspecified afterwards unless both are the
  // same.
  void resize(const Shape& shape, Layout layout = Layout::nchw);

  void fill(real value);

  // Moves the numbers to that memory, or to the memory of that device.
  void to(Memory memory) { data_.to(memory); }
  void to(Device device) { to(memory_of(device)); }
  // A copy of them there.
  Tensor on(Memory memory) const;

 private:
  [[noreturn]] void refuse_access() const;

  Shape shape_;
  Layout layout_ = Layout::nchw;
  Buffer<real> data_;
};

// y becomes x in that layout, with zeros in the lanes that stand for no image.
void convert(const Tensor& x, Layout layout, Tensor& y);

// The numbers as rows of text, one image and channel after the other: for a debugger, or a lesson.
std::string to_string(const Tensor& tensor);

}  // namespace longhand
