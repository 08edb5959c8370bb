#include "core/parallel.h"

#include <string>
#include <thread>

#include "core/error.h"

namespace longhand {

namespace {
int thread_count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int threads() {
  return thread_count;
}

void set_threads(int count) {
  if (count < 1) {
    throw ValueError("threads must be at least 1, but is " + std::to_string(count));
  }
  thread_count = count;
}

}  // namespace longhand
