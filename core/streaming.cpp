#include "core/streaming.h"

#include <charconv>
#include <cstdlib>
#include <string>

#include "core/caches.h"
#include "core/error.h"
#include "core/real.h"

namespace longhand {

namespace {

std::int64_t choose_limit() {
  const char* wanted = std::getenv("LONGHAND_STREAM");
  const std::string text = wanted == nullptr ? "" : wanted;
  if (text.empty()) return static_cast<std::int64_t>(caches().l3);
  std::int64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (error != std::errc() || end != text.data() + text.size() || bytes < 0) {
    throw ValueError("LONGHAND_STREAM is '" + text + "': give a number of bytes");
  }
  return bytes;
}

}  // namespace

bool streaming_pays(std::int64_t numbers) {
  static const std::int64_t limit = choose_limit();
  return numbers > limit / static_cast<std::int64_t>(sizeof(real));
}

}  // namespace longhand
