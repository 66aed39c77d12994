#include "curl_client.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <system_error>

#include "failure.h"

namespace http {
namespace {

constexpr int kLongestWaitMs = 1000;
constexpr long kUnwokenWaitMs = 20;
constexpr long kMostConnectionsPerHost = 16;

void check(CURLMcode code) {
  if (code != CURLM_OK) throw Fault({.cause = Cause::no_engine, .reason = curl_multi_strerror(code)});
}

CURLM* make_multi(int max_in_flight) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (ready != CURLE_OK) throw Fault({.cause = Cause::no_engine, .reason = curl_easy_strerror(ready)});
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) throw std::bad_alloc();
  check(curl_multi_setopt(multi, CURLMOPT_PIPELINING, long{CURLPIPE_MULTIPLEX}));
  check(curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, kMostConnectionsPerHost));
  check(curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, long{std::max(max_in_flight, 1)}));
  return multi;
}

/// Blocks all signals in the new thread: the main thread handles them.
std::thread start_without_signals(auto body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  try {
    thread = std::thread(body);
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

CurlClient::CurlClient(const Settings& settings)
    : settings_(settings),
      multi_(make_multi(settings.max_in_flight)),
      credentials_(settings.ask_credentials) {
  // False when libcurl could not create its two wake-up descriptors. wait() then polls at short intervals.
  can_be_woken_ = curl_multi_wakeup(multi_) == CURLM_OK;
  try {
    thread_ = start_without_signals([this] { run(); });
  } catch (const std::system_error& error) {
    curl_multi_cleanup(multi_);
    throw Fault({.cause = Cause::no_thread, .reason = error.what(), .error_number = error.code().value()});
  }
}

CurlClient::~CurlClient() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
  for (CURL* easy : idle_handles_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
}

void CurlClient::start(Request request, std::unique_ptr<Receiver> receiver) noexcept {
  TransferPointer transfer;
  try {
    transfer = std::make_unique<Transfer>(std::move(request), std::move(receiver));
    const std::lock_guard lock(mutex_);
    submitted_.push_back(std::move(transfer));
  } catch (...) {
    if (transfer)
      transfer->fail_with_current();
    else
      receiver->fail(current_failure());
    return;
  }
  curl_multi_wakeup(multi_);
}

void CurlClient::run() {
  while (take_submissions()) {
    start_due();
    int running = 0;
    curl_multi_perform(multi_, &running);
    drop_given_up();
    collect_finished();
    wait();
  }
  give_up_all();
}

bool CurlClient::take_submissions() {
  const std::lock_guard lock(mutex_);
  for (TransferPointer& transfer : submitted_) ready_.push_back(std::move(transfer));
  submitted_.clear();
  return !is_stopping_;
}

void CurlClient::start_due() {
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    ready_.push_front(std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
  }
  const auto most = static_cast<std::size_t>(std::max(settings_.max_in_flight, 1));
  while (!ready_.empty() && active_.size() < most) {
    TransferPointer next = std::move(ready_.front());
    ready_.pop_front();
    launch(std::move(next));
  }
}

CURL* CurlClient::take_handle() {
  if (idle_handles_.empty()) {
    CURL* easy = curl_easy_init();
    if (easy == nullptr) throw std::bad_alloc();
    return easy;
  }
  CURL* easy = idle_handles_.back();
  idle_handles_.pop_back();
  return easy;
}

void CurlClient::release(CURL* easy) {
  curl_easy_reset(easy);
  idle_handles_.push_back(easy);
}

void CurlClient::launch(TransferPointer transfer) {
  CURL* easy = nullptr;
  try {
    easy = take_handle();
    transfer->begin(easy, settings_, credentials_);
    check(curl_multi_add_handle(multi_, easy));
  } catch (...) {
    if (easy != nullptr) release(easy);
    transfer->fail_with_current();
    return;
  }
  active_.emplace(easy, std::move(transfer));
}

void CurlClient::collect_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);
    const auto found = active_.find(easy);
    TransferPointer transfer = std::move(found->second);
    active_.erase(found);
    settle(easy, std::move(transfer), code);
  }
}

void CurlClient::settle(CURL* easy, TransferPointer transfer, CURLcode code) {
  try {
    const Transfer::Next next = transfer->end(easy, code, settings_, credentials_, random_);
    if (next == Transfer::Next::at_once)
      ready_.push_front(std::move(transfer));
    else if (next == Transfer::Next::later)
      waiting_.emplace(std::chrono::steady_clock::now() + transfer->delay(), std::move(transfer));
  } catch (...) {
    transfer->fail_with_current();
  }
  release(easy);
}

/// Must run before collect_finished: a cancelled transfer ends with an error from libcurl, which would be
/// reported instead.
void CurlClient::drop_given_up() {
  const SteadyTime now = std::chrono::steady_clock::now();
  for (auto it = active_.begin(); it != active_.end();) {
    const bool is_given_up = it->second->is_given_up();
    if (!is_given_up && !it->second->is_overdue(now, settings_)) {
      ++it;
      continue;
    }
    curl_multi_remove_handle(multi_, it->first);
    release(it->first);
    is_given_up ? it->second->give_up() : it->second->fail_overdue();
    it = active_.erase(it);
  }
  const auto fail_given_up = [](const TransferPointer& transfer) {
    if (!transfer->is_given_up()) return false;
    transfer->give_up();
    return true;
  };
  std::erase_if(ready_, fail_given_up);
  std::erase_if(waiting_, [&](const auto& each) { return fail_given_up(each.second); });
}

void CurlClient::wait() {
  if (!ready_.empty() && active_.size() < static_cast<std::size_t>(std::max(settings_.max_in_flight, 1)))
    return;
  long timeout = kLongestWaitMs;
  long of_curl = -1;
  // curl_multi_poll may sleep past libcurl's own timers: measured, not documented.
  if (curl_multi_timeout(multi_, &of_curl) == CURLM_OK && of_curl >= 0) timeout = std::min(timeout, of_curl);
  if (!waiting_.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(waiting_.begin()->first -
                                                                   std::chrono::steady_clock::now());
    timeout = std::clamp(static_cast<long>(left.count()), 0L, timeout);
  }
  if (active_.empty() && waiting_.empty()) timeout = kLongestWaitMs * 60;
  if (!can_be_woken_) timeout = std::min(timeout, kUnwokenWaitMs);
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(timeout), nullptr);
}

void CurlClient::give_up_all() {
  for (auto& [easy, transfer] : active_) {
    curl_multi_remove_handle(multi_, easy);
    release(easy);
    ready_.push_back(std::move(transfer));
  }
  active_.clear();
  for (auto& [due, transfer] : waiting_) ready_.push_back(std::move(transfer));
  waiting_.clear();
  for (const TransferPointer& transfer : ready_) transfer->give_up();
  ready_.clear();
}

}  // namespace http
