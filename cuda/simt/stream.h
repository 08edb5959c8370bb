// Streams: everything happens at once, but for what is captured into a graph.
#pragma once

#include <functional>

#include "simt/runtime_api.h"

namespace longhand::simt {

// Does it now, or keeps it for the graph that the stream is being captured into.
void now_or_captured(cudaStream_t stream, std::function<void()> work);

}  // namespace longhand::simt
