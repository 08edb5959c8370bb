#include "core/shape.h"

#include "core/error.h"

namespace longhand {

std::string to_string(const Shape& shape) {
  return std::to_string(shape.n) + "x" + std::to_string(shape.c) + "x" + std::to_string(shape.h) +
         "x" + std::to_string(shape.w);
}

std::string index_string(const Shape& shape, std::int64_t offset) {
  const auto [n, c, h, w] = index_at(shape, offset);
  return "(n, c, h, w) = (" + std::to_string(n) + ", " + std::to_string(c) + ", " +
         std::to_string(h) + ", " + std::to_string(w) + ")";
}

void require_valid(const Shape& shape, const std::string& what) {
  if (shape.n < 1 || shape.c < 1 || shape.h < 1 || shape.w < 1) {
    throw ShapeError(what + ": every extent must be at least 1, but the shape is " +
                     to_string(shape));
  }
  constexpr std::int64_t limit = std::int64_t{1} << 40;
  std::int64_t size = 1;
  for (const int extent : {shape.n, shape.c, shape.h, shape.w}) {
    if (size > limit / extent) {
      throw ShapeError(what + ": shape " + to_string(shape) + " has too many elements");
    }
    size *= extent;
  }
}

}  // namespace longhand
