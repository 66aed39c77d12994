#include "python/network/http.h"

#include <dlfcn.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "python/network/module.h"
#include "store/platform/error.h"
#include "store/platform/limits.h"

namespace envstore {
namespace {

[[noreturn]] void throw_unloadable() {
  const char* reason = dlerror();
  const std::string text = reason != nullptr ? reason : "unknown reason";
  const char* hint = "the installation is incomplete: install envstore again, or run offline";
  if (text.find("failed to map") != std::string::npos || text.find("allocate memory") != std::string::npos)
    hint = kMemoryHint;
  if (text.find(strerrordesc_np(EMFILE)) != std::string::npos)
    hint = "raise the limit of open files (`ulimit -n`)";
  throw Error(ErrorKind::unsupported, std::string("cannot load '") + kNetworkModule + "': " + text, hint);
}

/// Loaded once and never unloaded: threads and callbacks of the libraries that it loads may outlive a client.
MakeTransferEngine load_module() {
  void* module = dlopen(kNetworkModule, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw_unloadable();
  void* entry = dlsym(module, kNetworkEntry);
  if (entry == nullptr) throw_unloadable();
  return reinterpret_cast<MakeTransferEngine>(entry);
}

std::exception_ptr to_exception(const HttpFailure& failure) {
  if (failure.is_out_of_memory) return std::make_exception_ptr(std::bad_alloc());
  return std::make_exception_ptr(Error(failure.kind, failure.message, failure.hint));
}

/// Keeps what a callback of the request throws: it becomes the failure of the transfer.
class FutureReceiver final : public TransferReceiver {
 public:
  explicit FutureReceiver(HttpRequest& request)
      : on_body_(std::move(request.on_body)), on_progress_(std::move(request.on_progress)) {}

  std::future<HttpResponse> future() { return promise_.get_future(); }

  bool take(std::uint64_t offset, std::span<const std::byte> bytes, std::uint64_t total) noexcept override {
    try {
      if (on_body_) on_body_(offset, bytes);
      if (on_progress_) on_progress_(offset + bytes.size(), total);
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }

  void succeed(HttpResponse response) noexcept override { promise_.set_value(std::move(response)); }

  void fail(HttpFailure failure) noexcept override {
    promise_.set_exception(thrown_ ? thrown_ : to_exception(failure));
  }

 private:
  std::function<void(std::uint64_t, std::span<const std::byte>)> on_body_;
  std::function<void(std::uint64_t, std::uint64_t)> on_progress_;
  std::promise<HttpResponse> promise_;
  std::exception_ptr thrown_;
};

class ModuleClient final : public HttpClient {
 public:
  explicit ModuleClient(std::unique_ptr<TransferEngine> engine) : engine_(std::move(engine)) {}

  std::future<HttpResponse> start(HttpRequest request) override {
    auto receiver = std::make_unique<FutureReceiver>(request);
    std::future<HttpResponse> future = receiver->future();
    engine_->start(std::move(request), std::move(receiver));
    return future;
  }

 private:
  std::unique_ptr<TransferEngine> engine_;
};

/// A failure to ask for credentials is no answer.
HttpSettings without_exceptions(HttpSettings settings) {
  if (settings.ask_credentials)
    settings.ask_credentials = [ask = std::move(settings.ask_credentials)](
                                   const std::string& origin) noexcept -> std::optional<Credentials> {
      try {
        return ask(origin);
      } catch (const std::exception&) {
        return std::nullopt;
      }
    };
  return settings;
}

}  // namespace

std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings) {
  static const MakeTransferEngine make = load_module();
  HttpFailure failure;
  std::unique_ptr<TransferEngine> engine(make(without_exceptions(settings), failure));
  if (!engine) std::rethrow_exception(to_exception(failure));
  return std::make_unique<ModuleClient>(std::move(engine));
}

}  // namespace envstore
