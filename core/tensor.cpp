#include "core/tensor.h"

#include <algorithm>
#include <new>
#include <sstream>

#include "core/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace longhand {

namespace {

constexpr std::size_t vector_alignment = 64;
constexpr std::size_t huge_page = 2 << 20;

// Large tensors begin at a huge page, and the system is asked for such pages, as far as they are
// filled: where rows lie far apart every one of them is in a page of its own, and the CPU remembers
// only so many pages.
std::size_t alignment_of(std::size_t bytes) {
  return bytes < huge_page ? vector_alignment : huge_page;
}

void want_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__)
  if (bytes >= huge_page) madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
}

}  // namespace

void Tensor::Free::operator()(real* memory) const {
  ::operator delete (memory, std::align_val_t{alignment});
}

Tensor::Tensor(const Shape& shape) {
  require_valid(shape, "tensor");
  resize(shape);
  fill(0);
}

Tensor::Tensor(const Shape& shape, std::initializer_list<real> values) {
  resize(shape);
  if (static_cast<std::int64_t>(values.size()) != size()) {
    throw ShapeError("tensor: shape " + to_string(shape) + " needs " + std::to_string(size()) +
                     " numbers, but " + std::to_string(values.size()) + " were given");
  }
  std::copy(values.begin(), values.end(), data());
}

Tensor::Tensor(const Tensor& other) {
  *this = other;
}

Tensor& Tensor::operator=(const Tensor& other) {
  if (this == &other) return *this;
  if (other.empty()) {
    *this = Tensor();
  } else {
    resize(other.shape_, other.layout_);
    std::copy_n(other.data(), stored(), data());
  }
  return *this;
}

void Tensor::resize(const Shape& shape, Layout layout) {
  if (shape == shape_ && layout == layout_) return;
  require_valid(shape, "tensor");
  const std::int64_t needed = stored_size(shape, layout);
  if (needed > capacity_) {
    const auto bytes = static_cast<std::size_t>(needed) * sizeof(real);
    data_.reset();  // the old memory goes first: its numbers are not kept
    capacity_ = 0;
    shape_ = Shape{};
    const std::size_t alignment = alignment_of(bytes);
    void* memory = ::operator new (bytes, std::align_val_t{alignment});
    want_huge_pages(memory, bytes);
    data_ = {static_cast<real*>(memory), Free{alignment}};
    capacity_ = needed;
  }
  shape_ = shape;
  layout_ = layout;
}

void Tensor::fill(real value) {
  std::fill_n(data(), stored(), value);
}

std::string to_string(const Tensor& tensor) {
  std::ostringstream out;
  const Shape& s = tensor.shape();
  for (int n = 0; n < s.n; ++n) {
    for (int c = 0; c < s.c; ++c) {
      out << "[n=" << n << " c=" << c << "]\n";
      for (int h = 0; h < s.h; ++h) {
        for (int w = 0; w < s.w; ++w) out << (w == 0 ? "" : " ") << tensor.at(n, c, h, w);
        out << "\n";
      }
    }
  }
  return out.str();
}

}  // namespace longhand
