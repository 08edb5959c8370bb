#include "datasets/download.h"

#include "core/error.h"

#ifdef LONGHAND_DOWNLOAD

#include <curl/curl.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <ostream>

#include "core/file.h"

namespace longhand {

namespace {

constexpr std::size_t largest = 1'000'000'000;

using Clock = std::chrono::steady_clock;

// What a transfer has brought so far.
struct Transfer {
  const std::string& url;
  std::ostream& log;
  std::string bytes;
  Clock::time_point last_line = Clock::now();
};

// libcurl's write callback: anything but `size` returned ends the transfer.
std::size_t receive(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (size > largest - transfer.bytes.size()) return 0;
  transfer.bytes.append(data, size);
  return size;
}

// libcurl's progress callback, called many times a second.
int report(void* user, curl_off_t total, curl_off_t done, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (done == 0 || Clock::now() - transfer.last_line < std::chrono::seconds(3)) return 0;
  transfer.last_line = Clock::now();
  transfer.log << "downloading " << transfer.url << ": " << done / 1000 << " kB";
  if (total > 0) transfer.log << " of " << total / 1000;
  transfer.log << std::endl;
  return 0;
}

// The bytes behind a URL; FileError holds only the reason.
std::string fetch(const std::string& url, std::ostream& log) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(
      started == CURLE_OK ? curl_easy_init() : nullptr, &curl_easy_cleanup);
  if (!curl) throw FileError("libcurl does not start");

  Transfer transfer{.url = url, .log = log, .bytes = {}};
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS,
                   static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FILE));
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS,
                   static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "longhand");
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 5L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1000L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, 15L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 600L);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, reason.data());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, &report);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &transfer);

  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    throw FileError(reason[0] != '\0' ? reason.data() : curl_easy_strerror(code));
  }
  return std::move(transfer.bytes);
}

std::string sha256_of(const std::string& bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw FileError("OpenSSL cannot compute SHA-256");
  }
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    std::array<char, 3> figures{};
    std::snprintf(figures.data(), figures.size(), "%02x", static_cast<unsigned>(digest[i]));
    text += figures.data();
  }
  return text;
}

std::string fetch_checked(const std::string& url, const std::string& sha256, std::ostream& log) {
  std::string bytes = fetch(url, log);
  const std::string found = sha256_of(bytes);
  if (found != sha256) {
    throw FileError("wrong contents, " + std::to_string(bytes.size()) + " bytes with SHA-256 " +
                    found + ", expected " + sha256);
  }
  return bytes;
}

void write_with_folder(const std::string& path, const std::string& bytes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) throw FileError("cannot make " + folder.string() + ": " + error.message());
  write_file(path, bytes);
}

}  // namespace

void download_file(const std::vector<std::string>& urls, const std::string& path,
                   const std::string& sha256, std::ostream& log) {
  std::string reasons;
  for (const std::string& url : urls) {
    std::string bytes;
    try {
      bytes = fetch_checked(url, sha256, log);
    } catch (const FileError& error) {
      reasons += (reasons.empty() ? "" : "; ") + url + ": " + error.what();
      continue;
    }
    write_with_folder(path, bytes);
    if (!reasons.empty()) log << "downloaded " << url << " (" << reasons << ")" << std::endl;
    return;
  }
  throw FileError("cannot download " + path + ": " +
                  (reasons.empty() ? "no address is given" : reasons));
}

}  // namespace longhand

#else

namespace longhand {

void download_file(const std::vector<std::string>&, const std::string& path, const std::string&,
                   std::ostream&) {
  throw FileError("cannot download " + path + ": Longhand was built without libcurl and OpenSSL");
}

}  // namespace longhand

#endif
