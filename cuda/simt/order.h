// The order in which threads and blocks run, which no correct kernel depends on.
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <utility>

namespace longhand::simt {

// $LONGHAND_SIMT_ORDER: "forward" (when it is not set), "reverse" or "random:SEED".
class Order {
 public:
  // What the variable says now; ValueError for anything else. Random numbers go on from launch to
  // launch while it stays the same.
  void read();

  bool random() const { return kind_ == Kind::random; }

  // Fills `items` with 0, 1, 2, ... in this order.
  template <class T>
  void fill(std::span<T> items) {
    std::iota(items.begin(), items.end(), T(0));
    arrange(items);
  }

  // Puts items that stand in ascending order into this one.
  template <class T>
  void arrange(std::span<T> items) {
    if (kind_ == Kind::forward) return;
    for (std::size_t i = items.size(); i > 1; --i) {
      if (kind_ == Kind::random) std::swap(items[i - 1], items[below(i)]);
      if (kind_ == Kind::reverse && 2 * i > items.size()) {
        std::swap(items[i - 1], items[items.size() - i]);
      }
    }
  }

 private:
  enum class Kind { forward, reverse, random };

  std::size_t below(std::size_t bound);

  std::string text_ = "forward";
  Kind kind_ = Kind::forward;
  std::uint64_t state_ = 0;
};

}  // namespace longhand::simt
