#include "python/network/transfer.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "python/network/curl_options.h"
#include "python/network/failure.h"
#include "python/network/fault_text.h"
#include "python/network/retry.h"
#include "store/platform/error.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kMostRedirects = 10;
constexpr std::size_t kLongestAddress = 500;                   // in messages
constexpr std::size_t kLargestErrorPage = 64 * 1024;           // bytes of a body that is not 2xx, kept
constexpr std::uint64_t kMostErrorBytes = 16 * 1024 * 1024;    // bytes of a body that is not 2xx, read
constexpr std::uint64_t kMostHeaderBytes = 256 * 1024;         // of one attempt, 1xx answers included
constexpr double kLowestRate = 100, kLowestMeanRate = 20'000;  // bytes per second
constexpr const char* kLongerHint =
    "ENVSTORE_HTTP_TIMEOUT=SECONDS waits longer (30 is what it does of itself); --offline uses what is "
    "cached";

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

void write_at(int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    const int error = errno;
    if (written < 0 && error == EINTR) continue;
    if (written < 0) throw_errno(error, "write", "a downloaded file");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

}  // namespace

Transfer::~Transfer() {
  curl_slist_free_all(headers_);
}

std::string Transfer::address() const {
  return terminal_line(without_credentials(url_ ? url_->text() : request_.url), kLongestAddress);
}

void Transfer::refuse(const std::string& reason, const std::string& hint) const {
  throw Error(ErrorKind::network, "cannot fetch '" + address() + "': " + reason, hint);
}

void Transfer::fail_with_current() noexcept {
  receiver_->fail(current_failure());
}

void Transfer::give_up() {
  receiver_->fail({ErrorKind::network, "cannot fetch '" + address() + "': it was given up", {}});
}

bool Transfer::is_overdue(std::chrono::steady_clock::time_point now, const HttpSettings& settings) const {
  if (!begun_) return false;
  using Seconds = std::chrono::duration<double>;
  const auto received = static_cast<double>(received_before_ + answer_.received);
  const double patience = settings.patience_seconds;
  const double elapsed = Seconds(now - *begun_).count();
  if (elapsed >
      20 * patience + 2.0 * settings.stall_timeout_seconds + (is_file() ? received / kLowestMeanRate : 0))
    return true;
  if (!answered_) return elapsed > 2.0 * settings.stall_timeout_seconds;
  return Seconds(now - *answered_).count() > 2 * patience + received / kLowestRate;
}

void Transfer::fail_overdue() {
  receiver_->fail(
      {ErrorKind::network, "cannot fetch '" + address() + "': the server is too slow", kLongerHint});
}

void Transfer::read_address(OriginCredentials& credentials) {
  if (first_) return;
  std::optional<Url> url = Url::parse(request_.url);
  if (!url || !url->is_http()) refuse("it is no http or https address");
  credentials.take_from(*url);
  url->fragment.reset();
  first_ = url_ = std::move(*url);
  visited_ = {url_->text()};
}

void Transfer::begin(CURL* easy, const HttpSettings& settings, OriginCredentials& credentials) {
  read_address(credentials);
  received_before_ += answer_.received;
  answer_ = {};
  error_text_[0] = '\0';
  set_common_options(easy, settings, url_->scheme == "http");
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

void Transfer::set_headers(CURL* easy, bool is_own_origin) {
  curl_slist_free_all(headers_);
  headers_ = nullptr;
  for (const auto& [name, value] : request_.headers) {
    if (!is_own_origin && (to_lower(name) == "authorization" || to_lower(name) == "cookie")) continue;
    if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos)
      refuse("a header of the request holds a line break");
    curl_slist* longer = curl_slist_append(headers_, (name + ": " + value).c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_ = longer;
  }
  if (headers_ != nullptr) set_option(easy, CURLOPT_HTTPHEADER, headers_);
}

/// Basic only: every package index supports it, and negotiation would cost a round trip per request.
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

std::size_t Transfer::take_header(std::string_view line) {
  const std::size_t size = line.size();
  answer_.header_bytes += size;
  if (!answered_) answered_ = std::chrono::steady_clock::now();
  if (answer_.header_bytes > kMostHeaderBytes) {
    answer_.is_too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {
    answer_.headers.clear();
    answer_.status = 0;
    const std::size_t space = std::min(line.find(' '), line.size() - 1);
    std::from_chars(line.data() + space + 1, line.data() + line.size(), answer_.status);
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string& value = answer_.headers[to_lower(trimmed(line.substr(0, colon), kSpace))];
  if (!value.empty()) value += ", ";
  value += trimmed(line.substr(colon + 1), kSpace);
  return size;
}

std::uint64_t Transfer::announced_size() const {
  const auto found = answer_.headers.find("content-length");
  std::uint64_t size = 0;
  if (found == answer_.headers.end() || answer_.headers.contains("content-encoding")) return 0;
  std::from_chars(found->second.data(), found->second.data() + found->second.size(), size);
  return size;
}

bool Transfer::ignores_range(std::size_t more) const {
  return request_.range && answer_.status == 200 &&
         std::max(announced_size(), answer_.received + more) > range_size(*request_.range);
}

std::uint64_t Transfer::body_limit() const {
  if (answer_.status < 200 || answer_.status > 299) return kMostErrorBytes;
  const std::uint64_t limit =
      request_.range && answer_.status == 206 ? range_size(*request_.range) : request_.size_limit;
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
  if (answer_.received + bytes.size() > limit || announced_size() > limit) {
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
  if (answer_.status < 200 || answer_.status > 299) {
    const std::size_t room = kLargestErrorPage - std::min(answer_.body.size(), kLargestErrorPage);
    answer_.body += bytes.substr(0, room);
    return;
  }
  if (!request_.body_memory.empty()) {
    std::memcpy(request_.body_memory.data() + offset, bytes.data(), bytes.size());
  } else if (request_.body_fd >= 0) {
    if (offset == 0 && ftruncate(request_.body_fd, 0) != 0) {
      const int error = errno;
      throw_errno(error, "empty", "a downloaded file");
    }
    write_at(request_.body_fd, bytes, offset);
  } else {
    answer_.body += bytes;
  }
  if (!receiver_->take(offset, std::as_bytes(std::span(bytes)), announced_size()))
    refuse("its bytes cannot be used");
}

Transfer::Next Transfer::end(CURL* easy, CURLcode code, const HttpSettings& settings,
                             OriginCredentials& credentials, std::minstd_rand& random) {
  if (answer_.fault) std::rethrow_exception(answer_.fault);
  if (answer_.is_too_large) refuse("the answer is larger than expected");
  if (answer_.is_cut_off) {
    answer_.body.clear();
    return finish();
  }
  if (code != CURLE_OK) {
    if (is_transient(code) && retries_ < settings.retries)
      if (const auto next = retry(easy, settings, random)) return *next;
    throw describe_fault(code, error_text_, *url_, settings);
  }
  if (is_redirect(answer_.status))
    if (const auto location = answer_.headers.find("location"); location != answer_.headers.end())
      return follow(location->second, settings);
  if (answer_.status == 401 && !sent_credentials_ && !asked_for_credentials_) {
    asked_for_credentials_ = true;
    if (credentials.ask(*url_)) return Next::at_once;
  }
  if (is_passing_status(answer_.status) && retries_ < settings.retries)
    if (const auto next = retry(easy, settings, random)) return *next;
  return finish();
}

Transfer::Next Transfer::follow(const std::string& location, const HttpSettings&) {
  std::optional<Url> next = resolve_url(*url_, location);
  if (!next || !next->is_http()) refuse("it redirects to what is no http or https address");
  // Credentials in a redirect are chosen by the server, not by the user.
  next->userinfo.reset();
  next->fragment.reset();
  if (url_->scheme == "https" && next->scheme == "http")
    refuse("it redirects from https to http ('" + without_credentials(next->text()) + "')",
           "the way back would not be encrypted");
  if (!visited_.insert(next->text()).second)
    refuse("it redirects in a circle (back to '" + without_credentials(next->text()) + "')",
           "the fault is the server's");
  if (visited_.size() > kMostRedirects + 1)
    refuse("it redirects more than " + std::to_string(kMostRedirects) + " times",
           "the fault is the server's");
  url_ = std::move(*next);
  answered_.reset();
  asked_for_credentials_ = false;
  return Next::at_once;
}

std::optional<Transfer::Next> Transfer::retry(CURL* easy, const HttpSettings& settings,
                                              std::minstd_rand& random) {
  std::optional<std::chrono::seconds> asked;
  if (answer_.headers.contains("retry-after")) {
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK)
      asked = std::chrono::seconds{seconds};
  }
  const auto delay = retry_delay(++retries_, asked, random);
  if (!delay || is_overdue(std::chrono::steady_clock::now() + *delay, settings)) return std::nullopt;
  delay_ = *delay;
  url_ = first_;
  visited_ = {url_->text()};
  asked_for_credentials_ = false;
  return delay_.count() == 0 ? Next::at_once : Next::later;
}

Transfer::Next Transfer::finish() {
  // This attempt has an empty body: remove what an earlier attempt may have written.
  if (request_.body_fd >= 0 && answer_.received == 0 && retries_ > 0 && ftruncate(request_.body_fd, 0) != 0) {
    const int error = errno;
    throw_errno(error, "empty", "a downloaded file");
  }
  receiver_->succeed({answer_.status, std::move(answer_.headers), std::move(answer_.body), url_->text()});
  return Next::finished;
}

}  // namespace envstore
