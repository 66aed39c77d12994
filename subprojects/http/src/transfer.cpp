#include "transfer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <new>
#include <system_error>

#include "curl_fault.h"
#include "curl_options.h"
#include "failure.h"
#include "retry.h"
#include "text.h"

namespace http {
namespace {

constexpr std::size_t kMostRedirects = 10;
constexpr std::size_t kLargestErrorPage = 64 * 1024;           // bytes of a body that is not 2xx, kept
constexpr std::uint64_t kMostErrorBytes = 16 * 1024 * 1024;    // bytes of a body that is not 2xx, read
constexpr double kLowestRate = 100, kLowestMeanRate = 20'000;  // bytes per second

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::uint64_t range_size(const ByteRange& range) {
  if (!range.first) return range.last_or_count;
  return range.last_or_count >= *range.first ? range.last_or_count - *range.first + 1 : 0;
}

std::string range_text(const ByteRange& range) {
  return (range.first ? std::to_string(*range.first) : std::string()) + "-" +
         std::to_string(range.last_or_count);
}

[[noreturn]] void throw_of_file(const char* reason, int error_number) {
  throw Fault({.cause = Cause::file,
               .reason = reason + std::generic_category().message(error_number),
               .error_number = error_number});
}

void write_at(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    const int error = errno;
    if (written < 0 && error == EINTR) continue;
    if (written < 0) throw_of_file("its file cannot be written: ", error);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void empty_file(int fd) {
  if (ftruncate(fd, 0) == 0) return;
  const int error = errno;
  throw_of_file("its file cannot be emptied: ", error);
}

bool sends_content(Method method) {
  return method == Method::put || method == Method::post;
}

}  // namespace

Transfer::~Transfer() {
  curl_slist_free_all(headers_);
}

std::string Transfer::address() const {
  return url_ ? url_->text() : request_.url;
}

void Transfer::refuse(Cause cause, std::string reason) const {
  throw Fault({.cause = cause, .url = address(), .reason = std::move(reason)});
}

void Transfer::fail_with_current() noexcept {
  Failure failure = current_failure();
  try {
    if (failure.url.empty() && failure.cause != Cause::out_of_memory) failure.url = address();
  } catch (const std::bad_alloc&) {
    failure = {.cause = Cause::out_of_memory};
  }
  receiver_->fail(std::move(failure));
}

void Transfer::give_up() {
  receiver_->fail({.cause = Cause::given_up, .url = address(), .reason = "it was given up"});
}

bool Transfer::is_overdue(std::chrono::steady_clock::time_point now, const Settings& settings) const {
  if (!begun_) return false;
  using Seconds = std::chrono::duration<double>;
  const auto moved = static_cast<double>(received_before_ + answer_.received + content_.position());
  const double patience = settings.patience_seconds;
  const double elapsed = Seconds(now - *begun_).count();
  if (elapsed > 20 * patience + 2.0 * settings.stall_timeout_seconds +
                    (is_file() || content_.position() > 0 ? moved / kLowestMeanRate : 0))
    return true;
  if (!answered_)
    return elapsed >
           2.0 * settings.stall_timeout_seconds + static_cast<double>(content_.position()) / kLowestMeanRate;
  return Seconds(now - *answered_).count() > 2 * patience + moved / kLowestRate;
}

void Transfer::fail_overdue() {
  receiver_->fail({.cause = Cause::too_slow, .url = address(), .reason = "the server is too slow"});
}

void Transfer::read_address(OriginCredentials& credentials) {
  if (first_) return;
  std::optional<Url> url = Url::parse(request_.url);
  if (!url || !url->is_http()) refuse(Cause::invalid_request, "it is no http or https address");
  credentials.take_from(*url);
  url->fragment.reset();
  first_ = url_ = std::move(*url);
  visited_ = {url_->text()};
}

void Transfer::begin(CURL* easy, const Settings& settings, OriginCredentials& credentials) {
  read_address(credentials);
  received_before_ += answer_.received;
  answer_ = {};
  error_text_[0] = '\0';
  set_common_options(easy, settings, *url_);
  set_option(easy, CURLOPT_PRIVATE, this);
  set_option(easy, CURLOPT_ERRORBUFFER, error_text_);
  set_option(easy, CURLOPT_URL, url_->text().c_str());
  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
  set_option(easy, CURLOPT_OPENSOCKETDATA, this);
  set_option(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  set_option(easy, CURLOPT_PREREQDATA, this);
  // Send the path as written in the page, without removing dot segments.
  set_option(easy, CURLOPT_PATH_AS_IS, 1L);
  set_body_options(easy);
  set_method(easy);
  set_headers(easy, url_->origin() == first_->origin());
  sent_credentials_ = set_credentials(easy, credentials);
}

void Transfer::set_body_options(CURL* easy) {
  set_option(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set_option(easy, CURLOPT_HEADERDATA, this);
  set_option(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set_option(easy, CURLOPT_WRITEDATA, this);
  set_option(easy, CURLOPT_ACCEPT_ENCODING, is_file() || request_.range ? "identity" : "gzip");
  if (request_.range) set_option(easy, CURLOPT_RANGE, range_text(*request_.range).c_str());
}

/// libcurl asks before it sends much (100-continue), and rewinds what it has to send again.
void Transfer::set_method(CURL* easy) {
  content_.seek(0);
  if (method_ == Method::head) set_option(easy, CURLOPT_NOBODY, 1L);
  if (method_ == Method::remove) set_option(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
  if (!sends_content(method_)) return;
  set_option(easy, CURLOPT_UPLOAD, 1L);  // a PUT
  if (method_ == Method::post) set_option(easy, CURLOPT_CUSTOMREQUEST, "POST");
  set_option(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(content_.size()));
  set_option(easy, CURLOPT_READFUNCTION, &Transfer::on_content);
  set_option(easy, CURLOPT_READDATA, this);
  set_option(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
  set_option(easy, CURLOPT_SEEKDATA, this);
}

void Transfer::set_headers(CURL* easy, bool is_own_origin) {
  curl_slist_free_all(headers_);
  headers_ = nullptr;
  for (const auto& [name, value] : request_.headers) {
    if (!is_own_origin && (to_lower(name) == "authorization" || to_lower(name) == "cookie")) continue;
    if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos)
      refuse(Cause::invalid_request, "a header of the request holds a line break");
    curl_slist* longer = curl_slist_append(headers_, (name + ": " + value).c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_ = longer;
  }
  if (headers_ != nullptr) set_option(easy, CURLOPT_HTTPHEADER, headers_);
}

/// Basic only: every server supports it, and negotiation would cost a round trip per request.
bool Transfer::set_credentials(CURL* easy, const OriginCredentials& credentials) {
  const std::optional<Credentials> known = credentials.find(*url_);
  if (!known) return false;
  set_option(easy, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set_option(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  set_option(easy, CURLOPT_USERNAME, known->user.c_str());
  set_option(easy, CURLOPT_PASSWORD, known->password.c_str());
  return true;
}

/// The time limits count from the first socket or request, not from the time spent queued for a connection.
void Transfer::note_begin() {
  if (!begun_) begun_ = std::chrono::steady_clock::now();
}

/// Close-on-exec: otherwise child processes that are started concurrently inherit libcurl's sockets.
curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  static_cast<Transfer*>(self)->note_begin();
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int Transfer::on_request(void* self, char*, char*, int, int) {
  static_cast<Transfer*>(self)->note_begin();
  return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_header({data, size * count});
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->take_body({data, size * count});
}

std::size_t Transfer::on_content(char* buffer, std::size_t size, std::size_t count, void* self) {
  return static_cast<Transfer*>(self)->give_content(buffer, size * count);
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  const bool is_known = origin == SEEK_SET && offset >= 0;
  if (!is_known || !static_cast<Transfer*>(self)->content_.seek(static_cast<std::uint64_t>(offset)))
    return CURL_SEEKFUNC_CANTSEEK;
  return CURL_SEEKFUNC_OK;
}

std::size_t Transfer::give_content(char* buffer, std::size_t room) {
  if (is_given_up()) return CURL_READFUNC_ABORT;
  try {
    return content_.read(buffer, room);
  } catch (...) {
    answer_.fault = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

std::size_t Transfer::take_header(std::string_view line) {
  if (!answered_) answered_ = std::chrono::steady_clock::now();
  if (answer_.head.take(line)) return line.size();
  answer_.is_too_large = true;
  return 0;
}

bool Transfer::ignores_range(std::size_t more) const {
  return request_.range && answer_.head.status() == 200 &&
         std::max(answer_.head.announced_size(), answer_.received + more) > range_size(*request_.range);
}

std::uint64_t Transfer::body_limit() const {
  if (!answer_.head.is_success()) return kMostErrorBytes;
  const std::uint64_t limit =
      request_.range && answer_.head.status() == 206 ? range_size(*request_.range) : request_.size_limit;
  return request_.body_memory.empty() ? limit : std::min<std::uint64_t>(limit, request_.body_memory.size());
}

/// Returning any other number than bytes.size() makes libcurl abort the transfer.
std::size_t Transfer::take_body(std::string_view bytes) {
  const std::uint64_t limit = body_limit();
  if (is_given_up()) return bytes.size() + 1;  // CurlClient::drop_given_up fails these
  if (ignores_range(bytes.size())) {
    answer_.is_cut_off = true;
    return bytes.size() + 1;
  }
  if (answer_.received + bytes.size() > limit || answer_.head.announced_size() > limit) {
    answer_.is_too_large = true;
    return bytes.size() + 1;
  }
  try {
    deliver(bytes);
  } catch (...) {
    answer_.fault = std::current_exception();
    return bytes.size() + 1;
  }
  return bytes.size();
}

void Transfer::deliver(std::string_view bytes) {
  const std::uint64_t offset = answer_.received;
  answer_.received += bytes.size();
  if (!answer_.head.is_success()) {
    const std::size_t room = kLargestErrorPage - std::min(answer_.body.size(), kLargestErrorPage);
    answer_.body += bytes.substr(0, room);
    return;
  }
  if (!request_.body_memory.empty()) {
    std::memcpy(request_.body_memory.data() + offset, bytes.data(), bytes.size());
  } else if (request_.body_fd >= 0) {
    if (offset == 0) empty_file(request_.body_fd);
    write_at(request_.body_fd, bytes, offset);
  } else {
    answer_.body += bytes;
  }
  if (!receiver_->take(offset, std::as_bytes(std::span(bytes)), answer_.head.announced_size()))
    refuse(Cause::other, "its bytes cannot be used");
}

Transfer::Next Transfer::end(CURL* easy, CURLcode code, const Settings& settings,
                             OriginCredentials& credentials, std::minstd_rand& random) {
  if (answer_.fault) std::rethrow_exception(answer_.fault);
  if (answer_.is_too_large) refuse(Cause::too_large, "the answer is larger than expected");
  if (answer_.is_cut_off) {
    answer_.body.clear();
    return finish();
  }
  if (code != CURLE_OK) {
    if (is_transient(code) && may_send_again(code) && retries_ < settings.retries)
      if (const auto next = retry(easy, settings, random)) return *next;
    throw Fault(describe_fault(code, error_text_, *url_, settings));
  }
  const auto& fields = answer_.head.fields();
  if (is_redirect(answer_.head.status()))
    if (const auto location = fields.find("location"); location != fields.end())
      return follow(location->second);
  if (answer_.head.status() == 401 && !sent_credentials_ && !asked_for_credentials_) {
    asked_for_credentials_ = true;
    if (credentials.ask(*url_)) return Next::at_once;
  }
  if (is_transient_status(answer_.head.status()) && may_send_again(CURLE_OK) && retries_ < settings.retries)
    if (const auto next = retry(easy, settings, random)) return *next;
  return finish();
}

/// A `post` is sent again only if the server cannot have seen it, or said that it did nothing.
bool Transfer::may_send_again(CURLcode code) const {
  if (method_ != Method::post) return true;
  const int status = answer_.head.status();
  return code == CURLE_OK ? status == 429 || status == 503 : is_unsent(code);
}

/// The method changes as browsers and RFC 9110 section 15.4 have it.
void Transfer::redirect_method(int status) {
  const bool becomes_get = status == 303 ? method_ != Method::head : method_ == Method::post && status <= 302;
  if (!becomes_get) return;
  method_ = Method::get;
  visited_.clear();  // the same address may follow a `post` to it
}

Transfer::Next Transfer::follow(const std::string& location) {
  std::optional<Url> next = resolve_url(*url_, location);
  if (!next || !next->is_http()) refuse(Cause::redirect, "it redirects to what is no http or https address");
  // Credentials in a redirect are chosen by the server, not by the user.
  next->userinfo.reset();
  next->fragment.reset();
  if (url_->scheme == "https" && next->scheme == "http")
    refuse(Cause::insecure_redirect, "it redirects from https to http ('" + next->text() + "')");
  redirect_method(answer_.head.status());
  if (!visited_.insert(next->text()).second)
    refuse(Cause::redirect, "it redirects in a circle (back to '" + next->text() + "')");
  if (visited_.size() > kMostRedirects + 1)
    refuse(Cause::redirect, "it redirects more than " + std::to_string(kMostRedirects) + " times");
  url_ = std::move(*next);
  answered_.reset();
  asked_for_credentials_ = false;
  return Next::at_once;
}

std::optional<Transfer::Next> Transfer::retry(CURL* easy, const Settings& settings,
                                              std::minstd_rand& random) {
  std::optional<std::chrono::seconds> asked;
  if (answer_.head.fields().contains("retry-after")) {
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK)
      asked = std::chrono::seconds{seconds};
  }
  const auto delay = retry_delay(++retries_, asked, random);
  if (!delay || is_overdue(std::chrono::steady_clock::now() + *delay, settings)) return std::nullopt;
  delay_ = *delay;
  url_ = first_;
  method_ = request_.method;
  visited_ = {url_->text()};
  asked_for_credentials_ = false;
  return delay_.count() == 0 ? Next::at_once : Next::later;
}

Transfer::Next Transfer::finish() {
  // This attempt has an empty body: remove what an earlier attempt may have written.
  if (request_.body_fd >= 0 && answer_.received == 0 && retries_ > 0) empty_file(request_.body_fd);
  receiver_->succeed(
      {answer_.head.status(), answer_.head.release_fields(), std::move(answer_.body), url_->text()});
  return Next::finished;
}

}  // namespace http
