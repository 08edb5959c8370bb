// How the sizes of caches are read.
#include "core/caches.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace longhand::test {

namespace {

void write_cache(const std::filesystem::path& index, int level, const std::string& type,
                 const std::string& size) {
  std::filesystem::create_directories(index);
  std::ofstream(index / "level") << level << "\n";
  std::ofstream(index / "type") << type << "\n";
  std::ofstream(index / "size") << size << "\n";
}

}  // namespace

TEST_CASE("the caches of a core") {
  const TempDir folder;
  write_cache(folder.path() / "index0", 1, "Data", "48K");
  write_cache(folder.path() / "index1", 1, "Instruction", "32K");
  write_cache(folder.path() / "index2", 2, "Unified", "1280K");
  write_cache(folder.path() / "index3", 3, "Unified", "30M");
  const Caches found = caches_in(folder.path());
  CHECK(found.l2 == 1280 * 1024.0);
  CHECK(found.l3 == 30 * 1024 * 1024.0);
}

TEST_CASE("a cache that is not there, or of no known size, has the size that is known otherwise") {
  const TempDir folder;
  const Caches otherwise = caches_in(folder.path() / "none");
  CHECK(otherwise.l2 > 0);
  CHECK(otherwise.l3 > 0);
  write_cache(folder.path() / "index0", 2, "Instruction", "7K");
  write_cache(folder.path() / "index1", 2, "Unified", "0K");
  write_cache(folder.path() / "index2", 3, "Unified", "many");
  write_cache(folder.path() / "index3", 3, "Unified", "12");
  const Caches found = caches_in(folder.path());
  CHECK(found.l2 == otherwise.l2);
  CHECK(found.l3 == otherwise.l3);
}

TEST_CASE("this machine's caches") {
  CHECK(caches().l2 > 0);
  CHECK(caches().l3 >= caches().l2);
}

}  // namespace longhand::test
