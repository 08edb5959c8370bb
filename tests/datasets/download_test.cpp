// Downloads, with file:// in the place of a network: whole and right, or nothing.
#include "datasets/download.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <sstream>

#include "tests/datasets/idx_files.h"
#include "tests/support/skip.h"
#include "tests/support/temp_dir.h"

using namespace longhand;
using namespace longhand::test;

namespace {

const std::string contents = "abc";  // FIPS 180-2, appendix B.1, has its SHA-256
const std::string sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string other_sha256(64, '0');

std::string url(const std::string& path) {
  return "file://" + path;
}

int count_entries(const std::filesystem::path& folder) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

// False, and says so, where Longhand was built without libcurl.
bool can_download() {
  const TempDir dir;
  write_bytes(dir.file("from"), contents);
  std::ostringstream log;
  try {
    download_file({url(dir.file("from"))}, dir.file("to"), sha256, log);
  } catch (const FileError& error) {
    if (std::string(error.what()).find("without libcurl") == std::string::npos) throw;
    skip(error.what());
    return false;
  }
  return true;
}

}  // namespace

TEST_CASE("a file is fetched, and its folder made") {
  if (!can_download()) return;
  const TempDir dir;
  write_bytes(dir.file("from"), contents);
  const std::string path = dir.file("new/folder/to");
  std::ostringstream log;
  download_file({url(dir.file("from"))}, path, sha256, log);
  CHECK(read_bytes(path) == contents);
  CHECK(count_entries(dir.path() / "new/folder") == 1);
  CHECK(log.str().empty());
}

TEST_CASE("a mirror that fails is followed by the next one") {
  if (!can_download()) return;
  const TempDir dir;
  write_bytes(dir.file("damaged"), "abd");
  write_bytes(dir.file("good"), contents);
  std::ostringstream log;
  download_file({url(dir.file("missing")), url(dir.file("damaged")), url(dir.file("good"))},
                dir.file("to"), sha256, log);
  CHECK(read_bytes(dir.file("to")) == contents);
  check_words(log.str().substr(0, log.str().size() - 1), {"good", "missing", "damaged", "SHA-256"});
}

TEST_CASE("when all mirrors fail, each has its reason and nothing is left") {
  if (!can_download()) return;
  const TempDir dir;
  write_bytes(dir.file("damaged"), contents);
  std::ostringstream log;
  const std::string message = file_error([&] {
    download_file({url(dir.file("missing")), url(dir.file("damaged")), "gopher://localhost/x"},
                  dir.file("new/to"), other_sha256, log);
  });
  check_words(message, {dir.file("new/to"), url(dir.file("missing")) + ": ", "open file",
                        url(dir.file("damaged")) + ": wrong contents, 3 bytes", sha256,
                        "expected " + other_sha256, "gopher", "not supported"});
  CHECK(log.str().empty());
  CHECK(count_entries(dir.path()) == 1);
  check_words(file_error([&] { download_file({}, dir.file("to"), sha256, log); }), {"no address"});
}

TEST_CASE("a file that was there is replaced whole or stays") {
  if (!can_download()) return;
  const TempDir dir;
  write_bytes(dir.file("from"), contents);
  write_bytes(dir.file("to"), "something longer, from before");
  std::ostringstream log;
  file_error([&] { download_file({url(dir.file("from"))}, dir.file("to"), other_sha256, log); });
  CHECK(read_bytes(dir.file("to")) == "something longer, from before");
  download_file({url(dir.file("from"))}, dir.file("to"), sha256, log);
  CHECK(read_bytes(dir.file("to")) == contents);
  CHECK(count_entries(dir.path()) == 2);
}

TEST_CASE("a path that cannot be written leaves nothing beside it") {
  if (!can_download()) return;
  const TempDir dir;
  write_bytes(dir.file("from"), contents);
  std::filesystem::create_directories(dir.file("to"));
  std::ostringstream log;
  check_words(
      file_error([&] { download_file({url(dir.file("from"))}, dir.file("to"), sha256, log); }),
      {dir.file("to"), "directory"});
  CHECK(count_entries(dir.path()) == 2);
  // A file stands where a folder is wanted.
  check_words(
      file_error([&] { download_file({url(dir.file("from"))}, dir.file("from/to"), sha256, log); }),
      {"cannot make " + dir.file("from")});
}
