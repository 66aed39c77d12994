#include "python/index/download.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "python/index/answers.h"
#include "store/digest.h"
#include "store/layout.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{16} << 30;

[[noreturn]] void throw_wrong_hash(const std::string& what, const std::string& expected,
                                   const std::string& found) {
  throw Error(ErrorKind::invalid_input,
              "cannot use '" + what + "': its SHA-256 is " + found + ", the index says " + expected,
              "the file was changed after the index was written, or on its way here: ask who runs the index");
}

/// Hashes and counts a body while it arrives; a retry begins anew.
class Arrival {
 public:
  void take(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset == 0 && size_ > 0) {
      hash_.finish();
      size_ = 0;
    }
    hash_.update(bytes);
    size_ += bytes.size();
  }
  std::uint64_t size() const { return size_; }
  std::string finish() { return to_hex(hash_.finish()); }

 private:
  Sha256 hash_;
  std::uint64_t size_ = 0;
};

void check_arrival(Arrival& arrival, const IndexFile& file) {
  if (file.size && arrival.size() != *file.size)
    throw Error(ErrorKind::invalid_input, "cannot use '" + file.filename + "': it has " +
                                              std::to_string(arrival.size()) + " bytes, the index says " +
                                              std::to_string(*file.size));
  const auto expected = file.hashes.find("sha256");
  if (expected == file.hashes.end()) return;
  const std::string found = arrival.finish();
  if (found != expected->second) throw_wrong_hash(file.filename, expected->second, found);
}

/// Says `started` at once and `finished` whatever happens.
class Report {
 public:
  Report(TransferObserver* observer, const IndexFile& file) : observer_(observer), filename_(file.filename) {
    if (observer_ != nullptr) observer_->download_started(filename_, file.size.value_or(0));
  }
  ~Report() {
    if (observer_ != nullptr) observer_->download_finished(filename_);
  }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

 private:
  TransferObserver* observer_;
  const std::string& filename_;
};

/// `request` says where to.
std::uint64_t download_to(HttpRequest request, HttpClient& http, const IndexFile& file,
                          TransferObserver* observer, const std::atomic<bool>& is_given_up) {
  if (is_given_up) throw Error(ErrorKind::network, "cannot fetch '" + file.filename + "': it was given up");
  Arrival arrival;
  const Report report(observer, file);
  request.url = file.url;
  request.size_limit = file.size.value_or(kLargestFile);
  request.is_given_up = &is_given_up;
  request.on_body = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    arrival.take(offset, bytes);
  };
  if (observer != nullptr)
    request.on_progress = [&](std::uint64_t received, std::uint64_t total) {
      observer->download_advanced(file.filename, received, total);
    };
  // The callbacks' last use is before the future is ready, also when it fails.
  const HttpResponse response = http.start(std::move(request)).get();
  if (!is_success(response)) throw_for_status(response, file.url);
  check_arrival(arrival, file);
  return arrival.size();
}

}  // namespace

std::uint64_t download_file(HttpClient& http, const IndexFile& file, int fd, TransferObserver* observer,
                            const std::atomic<bool>& is_given_up) {
  HttpRequest request;
  request.body_fd = fd;
  return download_to(std::move(request), http, file, observer, is_given_up);
}

std::uint64_t download_file(HttpClient& http, const IndexFile& file, std::span<std::byte> memory,
                            TransferObserver* observer, const std::atomic<bool>& is_given_up) {
  HttpRequest request;
  request.body_memory = memory;
  return download_to(std::move(request), http, file, observer, is_given_up);
}

Fd unnamed_file(Store& store) {
  const std::string folder = store.path() + "/" + layout::kTmp;
  Fd fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) fd = Fd(memfd_create("wheel", MFD_CLOEXEC));
  if (fd) return fd;
  const int error = errno;
  throw_errno(error, "create a file in", folder);
}

void check_hash(std::string_view bytes, const std::map<std::string, std::string>& hashes,
                const std::string& what) {
  const auto expected = hashes.find("sha256");
  if (expected == hashes.end()) return;
  const std::string found = to_hex(sha256(as_bytes(bytes)));
  if (found != expected->second) throw_wrong_hash(what, expected->second, found);
}

}  // namespace envstore
