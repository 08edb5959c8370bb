#include "cuda/simt/order.h"

#include <charconv>
#include <cstdlib>

#include "core/error.h"

namespace longhand::simt {

void Order::read() {
  const char* variable = std::getenv("LONGHAND_SIMT_ORDER");
  const std::string text = variable == nullptr || *variable == '\0' ? "forward" : variable;
  if (text == text_) return;
  const std::string prefix = "random:";
  if (text == "forward") {
    kind_ = Kind::forward;
  } else if (text == "reverse") {
    kind_ = Kind::reverse;
  } else {
    const char* end = text.data() + text.size();
    const bool random = text.starts_with(prefix);
    const auto [rest, error] =
        std::from_chars(text.data() + (random ? prefix.size() : 0), end, state_);
    if (!random || error != std::errc() || rest != end) {
      throw ValueError("LONGHAND_SIMT_ORDER=" + text +
                       ": give forward, reverse or random:SEED with a whole number");
    }
    kind_ = Kind::random;
  }
  text_ = text;
}

// SplitMix64 (Steele, Lea and Flood 2014). The bias of % is far below what an order could show.
std::size_t Order::below(std::size_t bound) {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return static_cast<std::size_t>((z ^ (z >> 31)) % bound);
}

}  // namespace longhand::simt
