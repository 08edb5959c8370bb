// parallel_for and its pool. A piece may be run by any thread, so the tests ask for what holds
// whoever runs it; where a test waits for another thread, it waits for as long as it takes.
#include "core/parallel.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <numeric>
#include <set>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include "apps/support/allocations.h"
#include "core/error.h"
#include "core/random.h"
#include "core/scratch.h"
#include "tests/support/skip.h"

using namespace longhand;

namespace {

// Sets the number of threads for one test.
class Threads {
 public:
  explicit Threads(int count) : before_(threads()) { set_threads(count); }
  ~Threads() { set_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

// How often parallel_for called the body for each index.
std::vector<int> visits(std::int64_t count, std::int64_t grain) {
  std::vector<int> times(static_cast<std::size_t>(count));
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) ++times[static_cast<std::size_t>(i)];
  });
  return times;
}

bool all_once(const std::vector<int>& times) {
  return std::all_of(times.begin(), times.end(), [](int n) { return n == 1; });
}

// A sum whose rounding depends on where the loop is cut.
double sum_in_pieces(const std::vector<float>& values) {
  const auto count = static_cast<std::int64_t>(values.size());
  std::vector<float> sums(static_cast<std::size_t>(parallel_pieces(count, 1)));
  parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end, int piece) {
    sums[static_cast<std::size_t>(piece)] =
        std::accumulate(values.begin() + begin, values.begin() + end, 0.0F);
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0F);
}

std::vector<float> random_values() {
  Random random(7);
  std::vector<float> values(10'000);
  for (float& v : values) v = static_cast<float>(random.normal(0, 1));
  return values;
}

struct Numbers;  // a tag

// Called in every piece: returns when all pieces have begun, so each has a thread of its own.
class Meeting {
 public:
  explicit Meeting(int pieces) : missing_(pieces) {}
  void wait() {
    --missing_;
    while (missing_ > 0) std::this_thread::yield();
  }

 private:
  std::atomic<int> missing_;
};

// One job whose pieces meet: every thread comes, or this does not return.
void meet(int count) {
  Meeting meeting(count);
  std::vector<int> runs(static_cast<std::size_t>(count));
  parallel_for(count, 1, [&](std::int64_t, std::int64_t, int piece) {
    meeting.wait();
    ++runs[static_cast<std::size_t>(piece)];
  });
  CHECK(all_once(runs));
}

}  // namespace

TEST_CASE("every index is visited once, for any count, grain and number of threads") {
  for (const int thread_count : {1, 2, 3, 5}) {
    const Threads scope(thread_count);
    for (const std::int64_t count : {0, 1, 2, 3, 7, 64, 1001}) {
      for (const std::int64_t grain : {1, 2, 10, 5000}) {
        INFO(thread_count << " threads, " << count << " items, grain " << grain);
        CHECK(all_once(visits(count, grain)));
      }
    }
  }
}

TEST_CASE("the pieces follow from count, grain and threads alone") {
  const Threads scope(3);
  CHECK(parallel_pieces(100, 1) == 3);
  CHECK(parallel_pieces(2, 1) == 2);
  CHECK(parallel_pieces(11, 5) == 2);
  CHECK(parallel_pieces(9, 5) == 1);
  CHECK(parallel_pieces(0, 5) == 1);

  using Piece = std::tuple<std::int64_t, std::int64_t, int>;
  for (int repeat = 0; repeat < 1000; ++repeat) {
    std::vector<Piece> seen(3);
    parallel_for(10, 1, [&](std::int64_t begin, std::int64_t end, int piece) {
      seen[static_cast<std::size_t>(piece)] = {begin, end, piece};
    });
    CHECK(seen == std::vector<Piece>{{0, 3, 0}, {3, 6, 1}, {6, 10, 2}});
  }
}

TEST_CASE("pieces run at the same time, also after set_threads went up and down") {
  for (const int count : {2, 3, 2, 6, 1, 4}) {
    INFO(count << " threads");
    const Threads scope(count);
    CHECK(threads() == count);
    for (int repeat = 0; repeat < 20; ++repeat) meet(count);
  }
}

TEST_CASE("set_threads refuses what is no number of threads") {
  const int before = threads();
  CHECK_THROWS_AS(set_threads(0), ValueError);
  CHECK_THROWS_AS(set_threads(-1), ValueError);
  CHECK(threads() == before);
}

TEST_CASE("a loop inside a piece is one piece, run in place") {
  const Threads scope(3);
  CHECK_FALSE(inside_piece());
  std::vector<int> inner_pieces(3), inner_sums(3);
  Meeting meeting(3);
  parallel_for(3, 1, [&](std::int64_t, std::int64_t, int piece) {
    meeting.wait();
    const auto p = static_cast<std::size_t>(piece);
    inner_pieces[p] = inside_piece() ? parallel_pieces(1000, 1) : -1;
    const auto outer_thread = std::this_thread::get_id();
    parallel_for(1000, 1, [&](std::int64_t begin, std::int64_t end, int inner) {
      if (inner == 0 && std::this_thread::get_id() == outer_thread) {
        inner_sums[p] += static_cast<int>(end - begin);
      }
    });
  });
  CHECK(inner_pieces == std::vector<int>{1, 1, 1});
  CHECK(inner_sums == std::vector<int>{1000, 1000, 1000});
  CHECK_FALSE(inside_piece());

  // A loop that is one piece itself does not stop those in it.
  int pieces = 0;
  parallel_for(1, 1, [&](std::int64_t, std::int64_t, int) { pieces = parallel_pieces(1000, 1); });
  CHECK(pieces == 3);
}

TEST_CASE("a hundred thousand tiny jobs in a row") {
  for (const int thread_count : {2, 4}) {
    const Threads scope(thread_count);
    std::vector<int> runs(static_cast<std::size_t>(thread_count));
    int wrong = 0;
    for (int job = 1; job <= 100'000; ++job) {
      // The body is gone after each job: a thread that came too late would find another's.
      const int expected = job;
      parallel_for(thread_count, 1, [&, expected](std::int64_t, std::int64_t, int piece) {
        if (++runs[static_cast<std::size_t>(piece)] != expected) ++wrong;
      });
    }
    CHECK(wrong == 0);
    CHECK(runs == std::vector<int>(runs.size(), 100'000));
  }
}

TEST_CASE("workers that have gone to sleep wake up") {
  const Threads scope(3);
  for (int job = 0; job < 40; ++job) {
    // From shorter than a worker spins to far longer.
    std::this_thread::sleep_for(std::chrono::microseconds(50 * job));
    CHECK(all_once(visits(100, 1)));
    meet(3);
  }
}

TEST_CASE("the caller sleeps while a long piece ends") {
  const Threads scope(2);
  for (int job = 0; job < 20; ++job) {
    std::vector<int> times(2);
    Meeting meeting(2);
    parallel_for(2, 1, [&](std::int64_t, std::int64_t, int piece) {
      meeting.wait();
      if (piece == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      ++times[static_cast<std::size_t>(piece)];
    });
    CHECK(times == std::vector<int>{1, 1});
  }
}

TEST_CASE("several threads of a program call parallel_for at once") {
  const Threads scope(3);
  const std::vector<float> values = random_values();
  const double expected = sum_in_pieces(values);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int job = 0; job < 300; ++job) {
        if (sum_in_pieces(values) != expected) ++wrong;
        if (!all_once(visits(50, 1))) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
}

TEST_CASE("the bits repeat for the same number of threads") {
  const std::vector<float> values = random_values();
  std::set<double> different;
  for (const int thread_count : {1, 2, 3, 5}) {
    const Threads scope(thread_count);
    const double first = sum_in_pieces(values);
    for (int repeat = 0; repeat < 200; ++repeat) CHECK(sum_in_pieces(values) == first);
    different.insert(first);
  }
  CHECK(different.size() > 1);  // the sum is one that shows where it was cut
}

TEST_CASE("a piece keeps its scratch memory, whichever thread runs it") {
  const Threads scope(3);
  const auto addresses = [] {
    std::vector<const real*> memory(3);
    parallel_for(3, 1, [&](std::int64_t, std::int64_t, int piece) {
      memory[static_cast<std::size_t>(piece)] = scratch<Numbers>(100);
    });
    return memory;
  };
  const std::vector<const real*> first = addresses();
  CHECK(std::set(first.begin(), first.end()).size() == 3);
  for (int job = 0; job < 2000; ++job) {
    if (job % 200 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(addresses() == first);
  }
  CHECK(scratch<Numbers>(100) == first[0]);  // the caller's own
  CHECK(memory_place() == 0);
}

TEST_CASE("nothing is allocated once the workers are there") {
  if (!allocations_are_counted) {
    test::skip("a sanitizer owns the memory functions in this build");
    return;
  }
  const Threads scope(3);
  meet(3);
  std::vector<int> runs(3);
  const std::size_t before = allocations.count;
  for (int job = 0; job < 1000; ++job) {
    parallel_for(3, 1, [&](std::int64_t, std::int64_t, int p) { ++runs[std::size_t(p)]; });
  }
  CHECK(allocations.count == before);
  CHECK(runs == std::vector<int>(3, 1000));
}

TEST_CASE("the child of a fork runs its pieces itself") {
  const Threads scope(3);
  meet(3);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(60);  // instead of hanging
    bool good = true;
    for (int job = 0; job < 10; ++job) good = good && all_once(visits(100, 1));
    _exit(good ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  meet(3);  // the parent keeps its workers
}

// The last one: the workers that could not be started here are missing from then on.
TEST_CASE("the system refuses threads") {
  if (!allocations_are_counted) {
    test::skip("a sanitizer needs more memory than this test leaves");
    return;
  }
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  if (pages == 0) {
    test::skip("no /proc/self/statm to read the program's size from");
    return;
  }
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  // Room for a little data, but not for a thread's stack.
  const rlim_t size = static_cast<rlim_t>(pages) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
  const rlimit tight{.rlim_cur = size + (1 << 20), .rlim_max = before.rlim_max};
  const Threads scope(20);
  std::vector<int> times(100);
  const auto visit = [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) ++times[static_cast<std::size_t>(i)];
  };
  REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
  parallel_for(100, 1, visit);
  bool refused = false;
  try {
    std::thread([] {}).join();
  } catch (const std::system_error&) {
    refused = true;
  }
  REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
  CHECK(all_once(times));
  CHECK(refused);  // else nothing was tested
  CHECK(all_once(visits(100, 1)));

  // The caller stays in its piece until all others are done: the workers that there are must help.
  std::atomic<int> left{19};
  parallel_for(20, 1, [&](std::int64_t, std::int64_t, int piece) {
    if (piece != 0) --left;
    while (piece == 0 && left > 0) std::this_thread::yield();
  });
  CHECK(left == 0);
}
