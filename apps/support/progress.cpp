#include "apps/support/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <utility>

namespace longhand {

namespace {

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, args...);
  return text;
}

}  // namespace

Progress::Progress(std::string title, std::int64_t total)
    : title_(std::move(title)),
      total_(total),
      terminal_(::isatty(STDOUT_FILENO) != 0),
      start_(Clock::now()),
      last_drawn_(start_) {}

Progress::~Progress() {
  clear();
}

void Progress::add(std::int64_t images, double loss) {
  images_ += images;
  loss_sum_ += loss * static_cast<double>(images);
  constexpr auto interval = std::chrono::milliseconds(100);
  if (!terminal_ || (Clock::now() - last_drawn_ < interval && images_ < total_)) return;
  draw();
}

double Progress::mean_loss() const {
  return images_ == 0 ? 0 : loss_sum_ / static_cast<double>(images_);
}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

double Progress::images_per_second() const {
  return static_cast<double>(images_) / std::max(seconds(), 1e-9);
}

void Progress::draw() {
  constexpr int width = 24;
  const double part =
      static_cast<double>(images_) / static_cast<double>(std::max<std::int64_t>(total_, 1));
  const int filled = static_cast<int>(part * width);
  const double left = static_cast<double>(total_ - images_) / images_per_second();
  std::cout << "\r\033[K" << title_ << " [" << std::string(static_cast<std::size_t>(filled), '#')
            << std::string(static_cast<std::size_t>(width - filled), '.') << "] "
            << format("%3.0f%%", 100 * part) << "  " << format_count(images_per_second())
            << " images/s  loss " << format("%.4f", mean_loss()) << "  " << format_seconds(left)
            << " left" << std::flush;
  drawn_ = true;
  last_drawn_ = Clock::now();
}

void Progress::clear() {
  if (drawn_) std::cout << "\r\033[K" << std::flush;
  drawn_ = false;
}

void Progress::finish(const std::string& text) {
  clear();
  std::cout << title_ << ": " << text << std::endl;
}

std::string format_seconds(double seconds) {
  if (seconds < 60) return format("%.1f s", seconds);
  const int whole = static_cast<int>(std::lround(seconds));
  return format("%d min %d s", whole / 60, whole % 60);
}

std::string format_count(double count) {
  std::string digits = format("%.0f", count);
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

}  // namespace longhand
