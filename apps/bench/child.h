// A child process that is spoken to in lines, and that never outlives this one.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "apps/bench/window.h"
#include "apps/support/interrupt.h"
#include "core/error.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): not every system declares it

namespace longhand::bench {

// The environment of this process, each "NAME=value", without those in `drop` and with `add`.
inline std::vector<std::string> changed_environment(const std::vector<std::string>& drop,
                                                    const std::vector<std::string>& add) {
  std::vector<std::string> result = add;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    bool keep = true;
    for (const std::string& name : drop) keep = keep && !text.starts_with(name + "=");
    if (keep) result.push_back(text);
  }
  return result;
}

class Child {
 public:
  // Runs command[0], looked for in $PATH, with its arguments. A program that is not there ends at
  // once with status 127, as in a shell. Its standard input and output are ours to write and read.
  Child(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
    std::vector<char*> arguments = pointers(command), variables = pointers(environment);
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw Error("no socket for " + command[0]);
    }
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) {
      close(ends[0]);
      close(ends[1]);
      throw Error("no process for " + command[0]);
    }
    if (pid_ == 0) {
      // Of a group of its own, so that the end of it is the end of what it started.
      setpgid(0, 0);
#if defined(__linux__)
      prctl(PR_SET_PDEATHSIG, SIGKILL);  // when this process is killed, however that is done
#endif
      if (getppid() != parent) _exit(127);
      dup2(ends[1], STDIN_FILENO);
      dup2(ends[1], STDOUT_FILENO);
      environ = variables.data();
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    setpgid(pid_, pid_);  // here too: nobody knows which of the two comes first
    close(ends[1]);
    socket_ = ends[0];
  }

  // The end of its input tells it to end; it is killed when it does not within a second.
  ~Child() {
    close(socket_);
    wait_for_end();
    kill(-pid_, SIGKILL);  // the whole group: what it started may have outlived it
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // When the child is gone this does nothing: the missing answer tells.
  void send(const std::string& line) {
    const std::string text = line + "\n";
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }

  enum class Answer { line, end, silence, interrupt };

  // The next line. Otherwise: the child closed its output, said nothing for `patience` seconds, or
  // this process was interrupted (support/interrupt.h).
  Answer read_line(double patience, std::string& line) {
    constexpr std::size_t longest = 1 << 16;  // whoever sends more sends no line
    const double start = now();
    for (;;) {
      const std::size_t end = unread_.find('\n');
      if (end != std::string::npos || unread_.size() > longest) {
        line = unread_.substr(0, end);
        unread_.erase(0, end == std::string::npos ? end : end + 1);
        return Answer::line;
      }
      if (interrupted()) return Answer::interrupt;
      if (now() - start > patience) return Answer::silence;
      // Not all the time at once: a signal may have come just before this call.
      pollfd wait{.fd = socket_, .events = POLLIN, .revents = 0};
      constexpr int milliseconds = 100;
      if (poll(&wait, 1, milliseconds) <= 0) continue;
      std::array<char, 4096> buffer{};
      const ssize_t n = read(socket_, buffer.data(), buffer.size());
      if (n <= 0) return Answer::end;
      unread_.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }

  // "ended with status 3", "was killed by signal 9"; gives it a moment when it has not ended yet.
  std::string how_it_ended() const {
    wait_for_end();
    const siginfo_t info = state();
    if (info.si_pid == 0) return "closed its output";
    const std::string number = std::to_string(info.si_status);
    return info.si_code == CLD_EXITED ? "ended with status " + number
                                      : "was killed by signal " + number;
  }
  // There was no such program.
  bool not_found() const {
    return how_it_ended() == "ended with status 127";
  }

  // Seconds of CPU time it has had, all its threads together: utime and stime in /proc/PID/stat
  // (proc(5)). 0 where that cannot be read.
  double cpu_seconds() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
    std::string text;
    std::getline(file, text, ')');  // the name, which may have spaces
    for (int i = 3; i < 14; ++i) file >> text;
    double user = 0, system = 0;
    file >> user >> system;
    return file ? (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK)) : 0;
  }

  static void sleep_for(double seconds) {
    timespec time{.tv_sec = static_cast<time_t>(seconds), .tv_nsec = 0};
    time.tv_nsec = static_cast<long>(1e9 * (seconds - static_cast<double>(time.tv_sec)));
    nanosleep(&time, nullptr);
  }

 private:
  // For exec, which wants what is not const and null at the end.
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
  }

  // Of the child when it has ended, otherwise with si_pid 0. It is left to the destructor to reap
  // it, so that its number belongs to nobody else until then.
  siginfo_t state() const {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return info;
  }
  // At most a second.
  void wait_for_end() const {
    for (const double start = now(); state().si_pid == 0 && now() - start < 1;) sleep_for(0.005);
  }

  pid_t pid_ = -1;
  int socket_ = -1;
  std::string unread_;
};

}  // namespace longhand::bench
