#include "cuda/simt/stream.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cuda/simt/memory.h"

struct CUgraph_st {
  std::vector<std::function<void()>> work;
};

struct CUgraphExec_st {
  std::vector<std::function<void()>> work;
};

struct CUstream_st {
  bool waits_for_default = true;        // and the default stream for it
  std::unique_ptr<CUgraph_st> capture;  // null when the stream is not being captured
  std::string broken_by;                // what the capture did not survive
};

struct CUevent_st {
  std::chrono::steady_clock::time_point when{};
  bool recorded = false;
};

using namespace longhand::simt;

namespace {

std::vector<CUstream_st*> capturing;

// A call that no capture survives: it is an error, and so is the end of each capture.
cudaError_t break_captures(cudaError_t error, const std::string& call) {
  for (CUstream_st* stream : capturing) stream->broken_by = call;
  return note_error(error, call + " while a stream is being captured");
}

cudaError_t no_handle(const char* call, const char* what) {
  return note_error(cudaErrorInvalidResourceHandle, std::string(call) + ": no " + what);
}

}  // namespace

namespace longhand::simt {

cudaError_t now_or_captured(const char* call, cudaStream_t stream, std::function<void()> work) {
  if (stream != nullptr && stream->capture != nullptr) {
    stream->capture->work.push_back(std::move(work));
    return cudaSuccess;
  }
  if (stream == nullptr) {
    const Lock lock(mutex);
    // It would have to wait for what is only being written down.
    if (std::any_of(capturing.begin(), capturing.end(),
                    [](const CUstream_st* other) { return other->waits_for_default; })) {
      return break_captures(cudaErrorStreamCaptureImplicit,
                            std::string(call) + " on the default stream");
    }
  }
  work();
  return cudaSuccess;
}

cudaError_t refuse_in_capture(const char* call) {
  const Lock lock(mutex);
  if (capturing.empty()) return cudaSuccess;
  return break_captures(cudaErrorStreamCaptureUnsupported, call);
}

}  // namespace longhand::simt

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  *stream = new CUstream_st;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  const cudaError_t error = cudaStreamCreate(stream);
  (*stream)->waits_for_default = flags != cudaStreamNonBlocking;
  return error;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream == nullptr) return no_handle("cudaStreamDestroy", "stream");
  const Lock lock(mutex);
  std::erase(capturing, stream);
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t /*stream*/) {
  return refuse_in_capture("cudaStreamSynchronize");
}

cudaError_t cudaStreamQuery(cudaStream_t /*stream*/) {
  return refuse_in_capture("cudaStreamQuery");
}

cudaError_t cudaStreamWaitEvent(cudaStream_t /*stream*/, cudaEvent_t event, unsigned /*flags*/) {
  return event == nullptr ? no_handle("cudaStreamWaitEvent", "event") : cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = new CUevent_st;
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  return cudaEventCreate(event);
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (event == nullptr) return no_handle("cudaEventDestroy", "event");
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (event == nullptr) return no_handle("cudaEventRecord", "event");
  return now_or_captured("cudaEventRecord", stream, [event] {
    event->when = std::chrono::steady_clock::now();
    event->recorded = true;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return event == nullptr ? no_handle("cudaEventSynchronize", "event") : cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return cudaEventSynchronize(event);
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  if (start == nullptr || end == nullptr || !start->recorded || !end->recorded) {
    return no_handle("cudaEventElapsedTime", "two recorded events");
  }
  *milliseconds = std::chrono::duration<float, std::milli>(end->when - start->when).count();
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  if (stream == nullptr) {
    return no_handle("cudaStreamBeginCapture", "stream: the default one cannot be captured");
  }
  if (stream->capture != nullptr) return refuse_in_capture("cudaStreamBeginCapture");
  const Lock lock(mutex);
  stream->capture = std::make_unique<CUgraph_st>();
  stream->broken_by.clear();
  capturing.push_back(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  if (stream == nullptr || stream->capture == nullptr) {
    return note_error(cudaErrorStreamCaptureInvalidated,
                      "cudaStreamEndCapture of a stream that is not being captured");
  }
  const Lock lock(mutex);
  std::erase(capturing, stream);
  const std::unique_ptr<CUgraph_st> captured = std::move(stream->capture);
  if (!stream->broken_by.empty()) {
    return note_error(
        cudaErrorStreamCaptureInvalidated,
        "cudaStreamEndCapture of a capture that did not survive " + stream->broken_by);
  }
  *graph = new CUgraph_st(std::move(*captured));
  return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  if (graph == nullptr) return no_handle("cudaGraphGetNodes", "graph");
  if (nodes != nullptr) return no_handle("cudaGraphGetNodes", "handles of nodes: they are counted");
  *count = graph->work.size();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long /*flags*/) {
  if (graph == nullptr) return no_handle("cudaGraphInstantiate", "graph");
  *exec = new CUgraphExec_st{graph->work};
  return cudaSuccess;
}

// Stops at the first piece of work that fails, and gives back its error.
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  if (exec == nullptr) return no_handle("cudaGraphLaunch", "graph");
  for (const auto& work : exec->work) {
    now_or_captured("cudaGraphLaunch", stream, work);
    if (const cudaError_t error = cudaPeekAtLastError(); error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}
