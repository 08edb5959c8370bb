// The copies to shared memory that threads have started and not yet waited for.
#include "cuda_pipeline.h"

#include "cuda/simt/block.h"

namespace longhand::simt {

void start_copy(const AsyncCopy& copy) {
  Thread& thread = block.threads[block.current];
  thread.copies.push_back(copy);
  thread.copies.back().batch = thread.batches;
}

void commit_copies() {
  ++block.threads[block.current].batches;
}

bool take_copy(std::size_t prior, AsyncCopy& copy) {
  Thread& thread = block.threads[block.current];
  if (thread.copies_made < thread.copies.size() &&
      thread.copies[thread.copies_made].batch + prior < thread.batches) {
    copy = thread.copies[thread.copies_made++];
    return true;
  }
  thread.copies.erase(thread.copies.begin(),
                      thread.copies.begin() + static_cast<std::ptrdiff_t>(thread.copies_made));
  thread.copies_made = 0;
  return false;
}

}  // namespace longhand::simt
