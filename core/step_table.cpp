#include "core/step_table.h"

#include <algorithm>

namespace longhand {

namespace {

// So many numbers that their traffic is far more than reading the chunk itself, and so few that
// small networks have chunks for several blocks.
constexpr std::int64_t chunk_size = 2048;

real* behind(real* array, std::int64_t offset) {
  return array ? array + offset : nullptr;
}

std::vector<StepChunk> cut(const std::vector<StepChunk>& wholes) {
  std::vector<StepChunk> chunks;
  for (const StepChunk& whole : wholes) {
    for (std::int64_t i = 0; i < whole.size; i += chunk_size) {
      chunks.push_back({std::min(chunk_size, whole.size - i), behind(whole.grad, i),
                        behind(whole.m, i), behind(whole.v, i), behind(whole.w, i)});
    }
  }
  return chunks;
}

}  // namespace

const Buffer<StepChunk>& StepTable::chunks(const std::vector<Param*>& params,
                                           std::vector<Tensor>& v, std::vector<Tensor>& m) {
  bool same = wholes_.size() == params.size();
  wholes_.resize(params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    Param& p = *params[i];
    const StepChunk whole{p.value.size(), p.grad.data(), m.empty() ? nullptr : m[i].data(),
                          v[i].data(), p.value.data()};
    same = same && wholes_[i] == whole;
    wholes_[i] = whole;
  }
  if (!same) {
    const std::vector<StepChunk> fresh = cut(wholes_);
    chunks_.assign(fresh.data(), static_cast<std::int64_t>(fresh.size()));
  }
  return chunks_;
}

}  // namespace longhand
