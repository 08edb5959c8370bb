#include "apps/support/replay.h"

#include "core/memory.h"

namespace longhand {

Replay::Record& Replay::record_of(int kind) {
  for (Record& record : records_) {
    if (record.kind == kind) return record;
  }
  records_.emplace_back().kind = kind;
  return records_.back();
}

// A record has addresses in it. Where memory was taken since, some of them may be nobody's: a
// larger batch, say, in an evaluation between two epochs, got every layer new memory. Then the work
// is called once more, and recorded anew the next time.
void Replay::recorded_step(int kind, const std::function<void()>& work) {
  Record& record = record_of(kind);
  if (record.allocations != cuda::allocation_count()) {
    work();
    record.graph.clear();
    record.allocations = cuda::allocation_count();
    return;
  }
  if (!record.graph.captured()) record.graph.capture(work);
  record.graph.replay();
  launches_ = record.graph.launches();
  ++replayed_;
}

}  // namespace longhand
