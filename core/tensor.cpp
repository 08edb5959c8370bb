#include "core/tensor.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"

namespace longhand {

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

void Tensor::resize(const Shape& shape, Layout layout) {
  if (shape == shape_ && layout == layout_) return;
  require_valid(shape, "tensor");
  data_.resize(stored_size(shape, layout));
  shape_ = shape;
  layout_ = layout;
}

void Tensor::fill(real value) {
  if (memory() == Memory::cuda) {
    cuda::fill(stored(), value, data());
  } else {
    std::fill_n(data(), stored(), value);
  }
}

Tensor Tensor::on(Memory memory) const {
  Tensor copy(memory);
  copy.shape_ = shape_;
  copy.layout_ = layout_;
  copy.data_.assign(data_);
  return copy;
}

void Tensor::refuse_access() const {
  throw DeviceError("tensor " + to_string(shape_) +
                    " lies in the memory of cuda, where its numbers cannot be reached one by one: "
                    "copy it first, with on(Memory::host)");
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
