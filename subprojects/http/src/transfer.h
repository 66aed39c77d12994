#pragma once
#include <curl/curl.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "python/network/module.h"
#include "python/network/origin_credentials.h"

namespace envstore {

/// One request with its redirects, 401 answers and retries. Used by the network thread alone once started.
class Transfer {
 public:
  Transfer(HttpRequest request, std::unique_ptr<TransferReceiver> receiver)
      : request_(std::move(request)), receiver_(std::move(receiver)) {}
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Prepares `easy` (fresh or reset) for the next attempt. Throws Error.
  void begin(CURL* easy, const HttpSettings& settings, OriginCredentials& credentials);

  /// Ends an attempt and returns what to do next; `finished`: the receiver has the answer. Throws Error; the
  /// caller then calls `fail_with_current`.
  enum class Next { finished, at_once, later };
  Next end(CURL* easy, CURLcode code, const HttpSettings& settings, OriginCredentials& credentials,
           std::minstd_rand& random);
  std::chrono::milliseconds delay() const { return delay_; }  ///< to wait after Next::later

  void fail_with_current() noexcept;  ///< with the exception being handled
  bool is_given_up() const { return request_.is_given_up != nullptr && *request_.is_given_up; }
  void give_up();  ///< fails with Error{network}
  /// Whether it has exceeded the time limits of HttpSettings::patience_seconds.
  bool is_overdue(std::chrono::steady_clock::time_point now, const HttpSettings& settings) const;
  void fail_overdue();
  std::string address() const;  ///< without credentials

 private:
  struct Answer {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;
    std::uint64_t received = 0, header_bytes = 0;
    bool is_too_large = false, is_cut_off = false;
    std::exception_ptr fault;  ///< thrown while storing the body: disk full, ...
  };

  void read_address(OriginCredentials& credentials);
  void set_body_options(CURL* easy);
  void set_headers(CURL* easy, bool is_own_origin);
  bool set_credentials(CURL* easy, const OriginCredentials& credentials);
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  void deliver(std::string_view bytes);
  std::uint64_t body_limit() const;
  bool ignores_range(std::size_t more) const;
  std::uint64_t announced_size() const;
  bool is_file() const { return request_.body_fd >= 0 || !request_.body_memory.empty(); }

  Next follow(const std::string& location, const HttpSettings& settings);
  std::optional<Next> retry(CURL* easy, const HttpSettings& settings, std::minstd_rand& random);
  Next finish();
  [[noreturn]] void refuse(const std::string& reason, const std::string& hint = {}) const;

  void note_begin();
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_request(void* self, char* remote_address, char* local_address, int remote_port,
                        int local_port);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

  HttpRequest request_;
  std::unique_ptr<TransferReceiver> receiver_;
  std::optional<Url> first_, url_;  ///< requested, and of this attempt; without credentials
  std::set<std::string> visited_;
  Answer answer_;
  curl_slist* headers_ = nullptr;
  char error_text_[CURL_ERROR_SIZE] = {};
  bool sent_credentials_ = false, asked_for_credentials_ = false;
  int retries_ = 0;
  std::optional<std::chrono::steady_clock::time_point> begun_;     ///< of the first attempt
  std::optional<std::chrono::steady_clock::time_point> answered_;  ///< first byte of an answer from url_
  std::uint64_t received_before_ = 0;                              ///< bytes, in earlier attempts
  std::chrono::milliseconds delay_{0};
};

}  // namespace envstore
