#include "cuda/simt/stream.h"

#include <chrono>
#include <memory>
#include <vector>

#include "cuda/simt/memory.h"

struct CUgraph_st {
  std::vector<std::function<void()>> work;
};

struct CUgraphExec_st {
  std::vector<std::function<void()>> work;
};

struct CUstream_st {
  std::unique_ptr<CUgraph_st> capture;  // null when the stream is not being captured
};

struct CUevent_st {
  std::chrono::steady_clock::time_point when{};
  bool recorded = false;
};

using namespace longhand::simt;

namespace {

cudaError_t no_handle(const char* call, const char* what) {
  return note_error(cudaErrorInvalidResourceHandle, std::string(call) + ": no " + what);
}

}  // namespace

namespace longhand::simt {

void now_or_captured(cudaStream_t stream, std::function<void()> work) {
  if (stream != nullptr && stream->capture != nullptr) {
    stream->capture->work.push_back(std::move(work));
  } else {
    work();
  }
}

}  // namespace longhand::simt

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  *stream = new CUstream_st;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned /*flags*/) {
  return cudaStreamCreate(stream);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (stream == nullptr) return no_handle("cudaStreamDestroy", "stream");
  delete stream;
  return cudaSuccess;
}

// Waiting for a stream that is being captured is an error on a GPU too.
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream != nullptr && stream->capture != nullptr) {
    return note_error(cudaErrorStreamCaptureInvalidated,
                      "cudaStreamSynchronize of a stream that is being captured");
  }
  return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return cudaStreamSynchronize(stream);
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
  now_or_captured(stream, [event] {
    event->when = std::chrono::steady_clock::now();
    event->recorded = true;
  });
  return cudaSuccess;
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
  if (stream->capture != nullptr) {
    return note_error(cudaErrorStreamCaptureInvalidated,
                      "cudaStreamBeginCapture of a stream that is being captured");
  }
  stream->capture = std::make_unique<CUgraph_st>();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (stream == nullptr || stream->capture == nullptr) {
    return note_error(cudaErrorStreamCaptureInvalidated,
                      "cudaStreamEndCapture of a stream that is not being captured");
  }
  *graph = stream->capture.release();
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
    now_or_captured(stream, work);
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
