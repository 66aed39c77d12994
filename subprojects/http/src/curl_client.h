#pragma once
#include <curl/curl.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "http/engine.h"
#include "transfer.h"

namespace http {

/// One thread drives all transfers. Callers only append to the queue; all other state belongs to that thread.
class CurlClient final : public Engine {
 public:
  explicit CurlClient(const Settings& settings);
  ~CurlClient() override;
  void start(Request request, std::unique_ptr<Receiver> receiver) noexcept override;

 private:
  using TransferPointer = std::unique_ptr<Transfer>;
  using SteadyTime = std::chrono::steady_clock::time_point;

  void run();
  bool take_submissions();  ///< false: the client is being destroyed
  void start_due();
  void launch(TransferPointer transfer);
  void collect_finished();
  void settle(CURL* easy, TransferPointer transfer, CURLcode code);
  void wait();
  void drop_given_up();
  void give_up_all();
  CURL* take_handle();
  void release(CURL* easy);

  Settings settings_;
  CURLM* multi_ = nullptr;
  bool can_be_woken_ = true;

  std::mutex mutex_;  ///< protects submitted_ and is_stopping_
  std::vector<TransferPointer> submitted_;
  bool is_stopping_ = false;

  std::deque<TransferPointer> ready_;
  std::multimap<SteadyTime, TransferPointer> waiting_;  ///< retries by due time
  std::map<CURL*, TransferPointer> active_;
  std::vector<CURL*> idle_handles_;
  OriginCredentials credentials_;
  std::minstd_rand random_{std::random_device{}()};
  std::thread thread_;  ///< last member: starts after all others are initialised
};

}  // namespace http
