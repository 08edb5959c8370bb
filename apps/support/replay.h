// Replay: the steps of a training loop, on a GPU recorded once and then sent there whole.
#pragma once

#include <cstdint>
#include <functional>
#include <list>

#include "core/device.h"
#include "cuda/graph.h"

namespace longhand {

//   Replay replay(net.device());
//   while (batches.advance()) replay.step(batches.count(), [&] { ...gather, forward, ... });
//
// On Device::reference and Device::cpu step() calls its work and no more. On Device::cuda it calls
// the first one, which takes all memory; at the second it records what the work launches, and
// replays that, then and from then on, without calling the work again. (docs/cuda_training_loop.md
// says why, and what holds for work that is to be replayed.)
class Replay {
 public:
  // Without `record` every work is called on Device::cuda, too: for a debugger.
  explicit Replay(Device device, bool record = true)
      : records_them_(record && device == Device::cuda) {}

  // Steps of one kind must launch the same kernels with the same arguments: the images of their
  // batch are a kind, say. CudaError for work that cannot be recorded (cuda/graph.h).
  template <class Work>
  void step(int kind, Work&& work) {
    if (records_them_) {
      recorded_step(kind, std::ref(work));
    } else {
      work();
    }
  }

  // Of the kind that was last replayed; 0 before.
  int launches_a_step() const { return launches_; }
  // How many steps were replayed, and not called.
  std::int64_t replayed() const { return replayed_; }

 private:
  struct Record {
    int kind = 0;
    cuda::Graph graph;
    std::int64_t allocations = -1;  // the count of the process after the last work of this kind
  };
  void recorded_step(int kind, const std::function<void()>& work);
  Record& record_of(int kind);

  bool records_them_;
  std::list<Record> records_;
  int launches_ = 0;
  std::int64_t replayed_ = 0;
};

}  // namespace longhand
