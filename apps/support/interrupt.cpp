#include "apps/support/interrupt.h"

#include <csignal>

namespace longhand {

namespace {

volatile std::sig_atomic_t mark = 0;

void set_mark(int) {
  mark = 1;
}

}  // namespace

void catch_interrupt() {
  struct sigaction action {};
  action.sa_handler = set_mark;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);  // the second signal kills
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
  return mark != 0;
}

}  // namespace longhand
