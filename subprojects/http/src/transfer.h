#pragma once
#include <curl/curl.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "answer.h"
#include "content.h"
#include "http/engine.h"
#include "http/url.h"
#include "origin_credentials.h"

namespace http {

/// One request with its redirects, 401 answers and retries. Used by the network thread alone.
class Transfer {
 public:
  Transfer(Request request, std::unique_ptr<Receiver> receiver)
      : request_(std::move(request)), receiver_(std::move(receiver)), method_(request_.method) {}
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// Prepares `easy` (fresh or reset) for the next attempt. Throws Fault.
  void begin(CURL* easy, const Settings& settings, OriginCredentials& credentials);

  /// Ends an attempt and returns what to do next; `finished`: the receiver has the answer. Throws Fault; the
  /// caller then calls `fail_with_current`.
  enum class Next { finished, at_once, later };
  Next end(CURL* easy, CURLcode code, const Settings& settings, OriginCredentials& credentials,
           std::minstd_rand& random);
  std::chrono::milliseconds delay() const { return delay_; }  ///< to wait after Next::later

  void fail_with_current() noexcept;  ///< with the exception being handled
  bool is_given_up() const { return request_.is_given_up != nullptr && *request_.is_given_up; }
  void give_up();
  /// Whether it has exceeded the time limits of Settings::patience_seconds.
  bool is_overdue(std::chrono::steady_clock::time_point now, const Settings& settings) const;
  void fail_overdue();

 private:
  struct Answer {
    AnswerHead head;
    std::string body;
    std::uint64_t received = 0;
    bool is_too_large = false, is_cut_off = false;
    std::exception_ptr fault;  ///< thrown while storing the body or reading the content: disk full, ...
  };

  void read_address(OriginCredentials& credentials);
  void set_body_options(CURL* easy);
  void set_method(CURL* easy);
  void set_headers(CURL* easy, bool is_own_origin);
  bool set_credentials(CURL* easy, const OriginCredentials& credentials);
  std::size_t take_header(std::string_view line);
  std::size_t take_body(std::string_view bytes);
  void deliver(std::string_view bytes);
  std::uint64_t body_limit() const;
  bool ignores_range(std::size_t more) const;
  bool is_file() const { return request_.body_fd >= 0 || !request_.body_memory.empty(); }

  Next follow(const std::string& location);
  void redirect_method(int status);
  std::optional<Next> retry(CURL* easy, const Settings& settings, std::minstd_rand& random);
  Next finish();
  bool may_send_again(CURLcode code) const;
  std::string address() const;  ///< of this attempt, without credentials
  [[noreturn]] void refuse(Cause cause, std::string reason) const;
  std::size_t give_content(char* buffer, std::size_t room);

  void note_begin();
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_request(void* self, char* remote_address, char* local_address, int remote_port,
                        int local_port);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_content(char* buffer, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);

  Request request_;
  std::unique_ptr<Receiver> receiver_;
  std::optional<Url> first_, url_;  ///< requested, and of this attempt; without credentials
  std::set<std::string> visited_;
  Method method_ = Method::get;  ///< of this attempt: a redirect may change it
  Content content_{request_};
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

}  // namespace http
