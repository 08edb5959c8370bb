// The pool behind parallel_for. Thread 0 is whoever calls; worker p is a thread of ours that sits
// at slot p and is there for piece p. A job is over when all its pieces are done, but it needs no
// worker to come: a piece that nobody has started is run by the first thread that has finished its
// own. So a worker whose core is busy with another program delays nothing, unless it was stopped
// in the middle of a piece. Who waits spins for a short time, then sleeps.
#include "core/parallel.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "core/error.h"

namespace longhand {

namespace {

// Read by every thread that cuts a loop.
std::atomic<int> thread_count{std::max(1, static_cast<int>(std::thread::hardware_concurrency()))};

thread_local bool in_piece = false;
thread_local int place = 0;  // memory_place()

// How long a thread that waits spins before it sleeps. Long enough for what a training step does on
// one thread between two loops: to wake a sleeping thread costs the waker 15 to 20 us on a virtual
// machine. Not longer, because a program on the same core waits meanwhile.
constexpr std::chrono::microseconds spin_time{100};

// Tells the core that this is a loop that waits.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Whether `done` came true within spin_time.
template <class Done>
bool spin_until(const Done& done) {
  if (done()) return true;
  const auto end = std::chrono::steady_clock::now() + spin_time;
  do {
    for (int i = 0; i < 8; ++i) {
      pause();
      if (done()) return true;
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

// Where a slot's piece stands. `awaited` is running, and the caller sleeps until it is done.
enum class State : int { done, open, running, awaited };

// The place of piece p > 0 and of its worker. A cache line of its own: a worker that spins must not
// slow down others.
class alignas(64) Slot {
 public:
  // By the caller: a new piece is there to be run.
  void open() {
    state_ = State::open;
    if (asleep_.load() == 0) return;  // nobody to wake: the usual case, and a cheap one
    asleep_ = 0;
    asleep_.notify_one();
  }

  // Whether the piece was open. It then is the taker's to run and to close. Before it is closed its
  // job cannot end, so what belongs to the job may be read.
  bool take() {
    State expected = State::open;
    return state_.load(std::memory_order_relaxed) == State::open &&
           state_.compare_exchange_strong(expected, State::running);
  }

  void close() {
    if (state_.exchange(State::done) == State::awaited) state_.notify_one();
  }

  // By the caller: returns when the piece, which is not open any more, is done.
  void wait_until_done() {
    if (spin_until([&] { return state_.load() == State::done; })) return;
    State expected = State::running;
    state_.compare_exchange_strong(expected, State::awaited);
    state_.wait(State::awaited);
  }

  // By the worker: returns when the piece may be open.
  void wait_for_work() {
    if (spin_until([&] { return state_.load() == State::open; })) return;
    // open() writes the state and reads asleep_, this the other way round: one of the two sees what
    // the other has written, and no piece is slept through.
    asleep_ = 1;
    if (state_.load() != State::open) asleep_.wait(1);
    asleep_ = 0;
  }

 private:
  std::atomic<State> state_{State::done};
  std::atomic<int> asleep_{0};  // 1: the worker sleeps, or is about to
};

class Pool {
 public:
  // Never destroyed: when the program ends, wherever it does, the workers sleep or spin and end
  // with it.
  static Pool& get() {
    static Pool& pool = *new Pool;
    return pool;
  }

  // False if another thread has the pool.
  bool try_run(const Pieces& pieces) {
    if (busy_.exchange(true)) return false;
    start_workers(pieces.count - 1);
    pieces_ = pieces;
    for (int p = 1; p < pieces.count; ++p) slot(p).open();
    run(0);
    run_open_pieces();
    for (int p = 1; p < pieces.count; ++p) slot(p).wait_until_done();
    busy_ = false;
    return true;
  }

 private:
  Slot& slot(int piece) { return *slots_[static_cast<std::size_t>(piece - 1)]; }

  // Workers are never stopped: those that set_threads() has made superfluous sleep.
  void start_workers(int count) {
    while (static_cast<int>(slots_.size()) < count) {
      slots_.push_back(std::make_unique<Slot>());
      const int piece = static_cast<int>(slots_.size());
      try {
        std::thread([this, piece, &own = *slots_.back()] { work(piece, own); }).detach();
      } catch (const std::system_error&) {
        // The system refuses a thread: others will run this slot's pieces.
      }
    }
  }

  void work(int piece, Slot& own) {
    in_piece = true;
    for (;;) {
      own.wait_for_work();
      if (!own.take()) continue;  // late: somebody else has run it
      run(piece);
      run_open_pieces();
      own.close();
    }
  }

  // To be called by a thread that the job cannot end without.
  void run_open_pieces() {
    for (int p = 1; p < pieces_.count; ++p) {
      if (!slot(p).take()) continue;
      run(p);
      slot(p).close();
    }
  }

  // Memory goes with the piece: which thread runs it is chance, and must not decide when scratch is
  // allocated.
  void run(int piece) {
    place = piece;
    pieces_.run(pieces_.body, piece);
    place = 0;
  }

  std::atomic<bool> busy_{false};  // guards the rest
  std::vector<std::unique_ptr<Slot>> slots_;
  Pieces pieces_;
};

}  // namespace

int threads() {
  return thread_count.load(std::memory_order_relaxed);
}

void set_threads(int count) {
  if (count < 1) {
    throw ValueError("threads must be at least 1, but is " + std::to_string(count));
  }
  thread_count = count;
}

bool inside_piece() {
  return in_piece;
}

int memory_place() {
  return place;
}

void run_pieces(const Pieces& pieces) {
  in_piece = true;
  if (!Pool::get().try_run(pieces)) {
    for (int p = 0; p < pieces.count; ++p) pieces.run(pieces.body, p);
  }
  in_piece = false;
}

}  // namespace longhand
