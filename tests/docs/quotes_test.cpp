// The loops and kernels that the pages quote are those that run.
#include <doctest/doctest.h>

#include <cctype>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "core/file.h"

namespace {

namespace fs = std::filesystem;

const fs::path root = LONGHAND_SOURCE_DIR;

std::string read(const fs::path& path) {
  return longhand::read_file(path.string(), 1 << 24);
}

// Without white space: where a line breaks makes no difference.
std::string packed(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) result += c;
  }
  return result;
}

// All sources of the engine, and the kernels that its pages are about, packed, one after another.
std::string all_sources() {
  std::string text;
  for (const char* room : {"core", "layers", "cuda", "cuda/conv2d", "cuda/gemm", "tests/simt"}) {
    for (const auto& entry : fs::directory_iterator(root / room)) {
      const fs::path extension = entry.path().extension();
      const bool source = extension == ".cpp" || extension == ".cu" || extension == ".h";
      if (source) text += packed(read(entry.path())) + "\n";
    }
  }
  return text;
}

// The blocks of a page that start with ```language.
std::vector<std::string> blocks_of(const std::string& page, const std::string& language) {
  std::vector<std::string> blocks;
  std::istringstream lines(page);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = line == "```" + language;
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

// The ```cpp blocks of a page that are a function or a loop of the engine, not those that show its
// use.
std::vector<std::string> quoted_loops(const std::string& page) {
  std::vector<std::string> blocks = blocks_of(page, "cpp");
  std::erase_if(blocks, [](const std::string& block) {
    return !block.starts_with("void ") && !block.starts_with("for (") &&
           !block.starts_with("const Tensor& ");
  });
  return blocks;
}

// The ```cuda blocks of a page, but for whole files, which are examples.
std::vector<std::string> quoted_kernels(const std::string& page) {
  std::vector<std::string> blocks = blocks_of(page, "cuda");
  std::erase_if(blocks, [](const std::string& block) { return block.starts_with("#include"); });
  return blocks;
}

}  // namespace

TEST_CASE("every loop and every kernel on a page stands in the sources") {
  const std::string sources = all_sources();
  const auto check = [&](const fs::path& page, const std::vector<std::string>& quotes) {
    for (const std::string& quote : quotes) {
      INFO(page.filename().string() << " quotes:\n" << quote);
      CHECK(sources.find(packed(quote)) != std::string::npos);
    }
    return quotes.size();
  };
  std::size_t loops = 0, kernels = 0;
  for (const auto& entry : fs::directory_iterator(root / "docs")) {
    if (entry.path().extension() != ".md") continue;
    const std::string page = read(entry.path());
    loops += check(entry.path(), quoted_loops(page));
    kernels += check(entry.path(), quoted_kernels(page));
  }
  CHECK(loops >= 20);
  CHECK(kernels >= 10);
}

TEST_CASE("every link of a page to a file leads somewhere") {
  int links = 0;
  for (const auto& entry : fs::directory_iterator(root / "docs")) {
    if (entry.path().extension() != ".md") continue;
    const std::string page = read(entry.path());
    for (std::size_t i = page.find("]("); i != std::string::npos; i = page.find("](", i + 2)) {
      std::string target = page.substr(i + 2, page.find(')', i) - i - 2);
      target = target.substr(0, target.find('#'));
      const bool code = target.find_first_of(" (") != std::string::npos ||
                        target.find_first_of("./") == std::string::npos;  // a[i](x) in a formula
      if (code || target.find("://") != std::string::npos) continue;
      ++links;
      INFO(entry.path().filename().string() << " links to " << target);
      CHECK(fs::exists(root / "docs" / target));
    }
  }
  CHECK(links >= 30);
}
