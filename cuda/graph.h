// Graph: launches that are recorded once and from then on sent to the GPU as one.
#pragma once

#include <functional>

struct CUgraphExec_st;  // CUDA's own

namespace longhand::cuda {

// A launch costs the host some microseconds, whatever the kernel does; a graph of a hundred costs
// little more than one. What it records are the kernels, their grids and their arguments, numbers
// and addresses, as they were then: only what lies in the device's memory can change between
// replays.
//
//   Graph graph;
//   graph.capture([&] { net.forward(x); });  // nothing is done yet
//   graph.replay();                          // now it is
class Graph {
 public:
  Graph() = default;
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // Calls work(); what that launches on stream() is recorded, and not done. An older record is
  // thrown away. work must not allocate, copy to or from the host, or wait: CudaError that says
  // what it did. What work throws comes out; there is no record then.
  void capture(const std::function<void()>& work);

  // Does once what was recorded, after what stream() has to do before. OrderError without a record.
  void replay();

  void clear() noexcept;  // throws the record away
  bool captured() const { return exec_ != nullptr; }
  int launches() const { return launches_; }  // in the record; 0 without one

 private:
  CUgraphExec_st* exec_ = nullptr;
  int launches_ = 0;
};

}  // namespace longhand::cuda
