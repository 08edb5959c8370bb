// A pass on Device::cuda, timed on the GPU and not on its way there.
#pragma once

#include <functional>

#include "apps/bench/window.h"
#include "core/memory.h"
#include "cuda/graph.h"

namespace longhand::bench {

// A layer's pass may take less time than its launch, or than waiting for it. So it is recorded, and
// the record is replayed this often between two looks at the clock.
inline constexpr int replays_a_look = 20;

class RecordedPass {
 public:
  // The seconds of one pass. The first call makes the record: `prepare` is what must have run
  // before each work(), and is not timed.
  double seconds(const std::function<void()>& prepare, const std::function<void()>& work) {
    if (!graph_.captured()) {
      prepare();
      work();  // takes its memory
      prepare();
      graph_.capture(work);
      cuda::synchronize();
    }
    const double start = now();
    for (int i = 0; i < replays_a_look; ++i) graph_.replay();
    cuda::synchronize();
    return (now() - start) / replays_a_look;
  }

 private:
  cuda::Graph graph_;
};

}  // namespace longhand::bench
