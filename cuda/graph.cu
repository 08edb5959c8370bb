#include "cuda/graph.h"

#include <string>

#include "cuda/launch.h"

namespace longhand::cuda {

namespace {

// Ends the capture that a failure has left behind; the failure is known, so its errors are not.
void abandon_capture() noexcept {
  cudaGraph_t graph = nullptr;
  static_cast<void>(cudaStreamEndCapture(stream(), &graph));
  if (graph != nullptr) static_cast<void>(cudaGraphDestroy(graph));
  static_cast<void>(cudaGetLastError());
}

bool is_of_capture(cudaError_t error) {
  return error == cudaErrorStreamCaptureUnsupported || error == cudaErrorStreamCaptureImplicit ||
         error == cudaErrorStreamCaptureInvalidated;
}

CudaError refusal(const CudaError& error) {
  return {error.code,
          "graph: what is captured may neither allocate nor copy to or from the host nor wait, "
          "but: " +
              std::string(error.what())};
}

}  // namespace

Graph::~Graph() {
  clear();
}

void Graph::clear() noexcept {
  if (exec_ != nullptr) static_cast<void>(cudaGraphExecDestroy(exec_));
  exec_ = nullptr;
  launches_ = 0;
}

void Graph::capture(const std::function<void()>& work) {
  clear();
  cudaGraph_t graph = nullptr;
  CUDA_CHECK(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeGlobal));
  try {
    work();
  } catch (const CudaError& error) {
    abandon_capture();
    if (is_of_capture(error.code)) throw refusal(error);
    throw;
  } catch (...) {
    abandon_capture();
    throw;
  }
  try {
    CUDA_CHECK(cudaStreamEndCapture(stream(), &graph));
  } catch (const CudaError& error) {  // memory that was given back, say: release tells nobody
    throw refusal(error);
  }
  std::size_t count = 0;
  cudaError_t error = cudaGraphGetNodes(graph, nullptr, &count);
  if (error == cudaSuccess) error = cudaGraphInstantiate(&exec_, graph, 0);
  static_cast<void>(cudaGraphDestroy(graph));
  check(error, "cudaGraphInstantiate", __FILE__, __LINE__);
  launches_ = static_cast<int>(count);
}

void Graph::replay() {
  if (exec_ == nullptr) throw OrderError("graph: replay before capture");
  CUDA_CHECK(cudaGraphLaunch(exec_, stream()));
}

}  // namespace longhand::cuda
