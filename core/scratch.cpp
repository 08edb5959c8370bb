#include "core/scratch.h"

#include <array>
#include <cstddef>

#include "core/tensor.h"

namespace longhand {

real* scratch(Scratch piece, std::int64_t size) {
  thread_local std::array<Tensor, std::size_t{scratch_pieces}> memory;
  Tensor& tensor = memory[static_cast<std::size_t>(piece)];
  if (tensor.size() < size) tensor.resize({static_cast<int>(size)});
  return tensor.data();
}

}  // namespace longhand
