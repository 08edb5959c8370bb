// StepTable: how one kernel finds all the params of an optimizer's step, on Device::cuda.
#pragma once

#include <cstdint>
#include <vector>

#include "core/memory.h"
#include "core/param.h"

namespace longhand {

// A piece of a param that a block of threads takes: `size` numbers (at most 2^30) of its gradient
// and its weights, and of what the optimizer remembers of them. m is null where it remembers v
// alone.
struct StepChunk {
  std::int64_t size = 0;
  real *grad = nullptr, *m = nullptr, *v = nullptr, *w = nullptr;
  friend bool operator==(const StepChunk&, const StepChunk&) = default;
};

// What changes from step to step. It lies in the GPU's memory.
struct StepState {
  real learning_rate = 0;
  std::int64_t t = 0;  // steps taken
  unsigned done = 0;   // the blocks of the running step that have read t
};

// Where the numbers lie is written into the GPU's memory once, and again only when a tensor has
// been given other memory.
class StepTable {
 public:
  // The chunks of those params, in the GPU's memory. `m` is empty where there is none; v and m have
  // a tensor for each param.
  const Buffer<StepChunk>& chunks(const std::vector<Param*>& params, std::vector<Tensor>& v,
                                  std::vector<Tensor>& m);

 private:
  std::vector<StepChunk> wholes_;  // each param as one chunk, as they were
  Buffer<StepChunk> chunks_{Memory::cuda};
};

}  // namespace longhand
