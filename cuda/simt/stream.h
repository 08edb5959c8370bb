// Streams: everything happens at once, but for what is captured into a graph.
#pragma once

#include <functional>

#include "simt/runtime_api.h"

namespace longhand::simt {

// Does it now, or keeps it for the graph that the stream is being captured into. On the default
// stream it is an error while another stream is being captured, unless that one does not wait for
// the default one.
cudaError_t now_or_captured(const char* call, cudaStream_t stream, std::function<void()> work);

// cudaSuccess, or an error while a stream is being captured, for what a graph cannot hold: calls
// that wait, and those that take memory or give it back. The capture is lost then.
cudaError_t refuse_in_capture(const char* call);

}  // namespace longhand::simt
