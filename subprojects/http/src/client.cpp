#include "http/client.h"

#include <dlfcn.h>

#include <new>

namespace http {
namespace {

/// Keeps what a callback of the request throws: it becomes the failure of the transfer.
class FutureReceiver final : public Receiver {
 public:
  FutureReceiver(Request& request, const ToException& to_exception)
      : on_body_(std::move(request.on_body)),
        on_progress_(std::move(request.on_progress)),
        to_exception_(to_exception) {}

  std::future<Response> future() { return promise_.get_future(); }

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

  void succeed(Response response) noexcept override { promise_.set_value(std::move(response)); }

  void fail(Failure failure) noexcept override {
    promise_.set_exception(thrown_ ? thrown_ : to_exception_(failure));
  }

 private:
  std::function<void(std::uint64_t, std::span<const std::byte>)> on_body_;
  std::function<void(std::uint64_t, std::uint64_t)> on_progress_;
  const ToException to_exception_;
  std::promise<Response> promise_;
  std::exception_ptr thrown_;
};

class EngineClient final : public Client {
 public:
  EngineClient(std::unique_ptr<Engine> engine, ToException to_exception)
      : engine_(std::move(engine)), to_exception_(std::move(to_exception)) {}

  std::future<Response> start(Request request) override {
    auto receiver = std::make_unique<FutureReceiver>(request, to_exception_);
    std::future<Response> future = receiver->future();
    engine_->start(std::move(request), std::move(receiver));
    return future;
  }

 private:
  std::unique_ptr<Engine> engine_;
  ToException to_exception_;
};

Settings without_exceptions(Settings settings) {
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

/// Never unloaded: threads and callbacks of the libraries that it loads may outlive a client.
MakeEngine load_engine(const char* module, const ToException& to_exception) {
  void* handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
  void* entry = handle != nullptr ? dlsym(handle, kEngineEntry) : nullptr;
  if (entry != nullptr) return reinterpret_cast<MakeEngine>(entry);
  const char* reason = dlerror();
  std::rethrow_exception(
      to_exception({.cause = Cause::no_engine, .reason = reason != nullptr ? reason : "unknown reason"}));
}

}  // namespace

std::exception_ptr as_error(const Failure& failure) {
  if (failure.cause == Cause::out_of_memory) return std::make_exception_ptr(std::bad_alloc());
  return std::make_exception_ptr(Error(failure));
}

std::unique_ptr<Client> make_client(std::unique_ptr<Engine> engine, ToException to_exception) {
  return std::make_unique<EngineClient>(std::move(engine), std::move(to_exception));
}

std::unique_ptr<Client> load_client(const char* module, const Settings& settings, ToException to_exception) {
  static const MakeEngine make = load_engine(module, to_exception);
  Failure failure;
  std::unique_ptr<Engine> engine(make(without_exceptions(settings), failure));
  if (!engine) std::rethrow_exception(to_exception(failure));
  return make_client(std::move(engine), std::move(to_exception));
}

}  // namespace http
