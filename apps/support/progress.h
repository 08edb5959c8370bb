// Progress: how far an epoch of training is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace longhand {

// On a terminal a bar that is rewritten some times a second, with images/s, the running loss and
// the time left; otherwise nothing, so that a log file has only the lines of finish(). Output goes
// to stdout.
class Progress {
 public:
  // title: "epoch 3/10"; total: the images of the epoch.
  Progress(std::string title, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // So many more images are done, with that mean loss.
  void add(std::int64_t images, double loss);

  double mean_loss() const;  // over all images so far
  double seconds() const;    // since the constructor
  double images_per_second() const;
  std::int64_t images() const { return images_; }

  // Takes the bar away and prints "<title>: <text>".
  void finish(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;
  void draw();
  void clear();

  std::string title_;
  std::int64_t total_;
  std::int64_t images_ = 0;
  double loss_sum_ = 0;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_drawn_;
};

// "1 min 23 s", "4.2 s"
std::string format_seconds(double seconds);

// 12345.6 -> "12,346"
std::string format_count(double count);

}  // namespace longhand
