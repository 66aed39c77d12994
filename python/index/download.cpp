#include "python/index/download.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "python/index/http_status.h"
#include "python/wheel/file_hasher.h"
#include "store/platform/error.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{16} << 30;

/// Hashes and counts a body as it arrives; starts again on a retry.
class Arrival {
 public:
  explicit Arrival(const IndexFile& file) : file_(file), hasher_(file.hashes) {}
  void take(std::uint64_t offset, std::span<const std::byte> bytes) {
    if (offset == 0 && size_ > 0) {
      hasher_.finish();
      size_ = 0;
    }
    hasher_.update(bytes);
    size_ += bytes.size();
  }
  std::uint64_t size() const { return size_; }
  void check() {
    if (file_.size && size_ != *file_.size)
      throw Error(ErrorKind::invalid_input, "cannot use '" + file_.filename + "': it has " +
                                                std::to_string(size_) + " bytes, the index says " +
                                                std::to_string(*file_.size));
    check_stated_hashes(file_.hashes, hasher_.finish(), file_.filename);
  }

 private:
  const IndexFile& file_;
  FileHasher hasher_;
  std::uint64_t size_ = 0;
};

/// Reports the start in the constructor and the end in the destructor, even on failure.
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

/// `request` holds the destination: body_fd or body_memory.
std::uint64_t download_to(HttpRequest request, HttpClient& http, const IndexFile& file,
                          TransferObserver* observer, const std::atomic<bool>& is_given_up) {
  if (is_given_up) throw Error(ErrorKind::network, "cannot fetch '" + file.filename + "': it was given up");
  Arrival arrival(file);
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
  // The callbacks are not called after the future is ready, even on failure.
  const HttpResponse response = http.start(std::move(request)).get();
  if (!is_success(response)) throw_for_status(response, file.url);
  arrival.check();
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

Fd unnamed_file(const StoreReader& store) {
  const std::string folder = store.path() + "/" + store_paths::kTmp;
  Fd fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!fd) fd = Fd(memfd_create("wheel", MFD_CLOEXEC));
  if (fd) return fd;
  const int error = errno;
  throw_errno(error, "create a file in", folder);
}

}  // namespace envstore
