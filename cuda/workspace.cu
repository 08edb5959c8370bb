#include "cuda/workspace.h"

#include <vector>

#include "core/memory.h"

namespace longhand::cuda {

real* workspace(std::int64_t size) {
  static std::vector<Buffer<real>> buffers;
  if (buffers.empty() || buffers.back().size() < size) {
    buffers.emplace_back(Memory::cuda).resize(size);
  }
  return buffers.back().data();
}

}  // namespace longhand::cuda
