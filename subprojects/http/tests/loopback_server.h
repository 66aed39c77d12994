#pragma once
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace http {

/// One request, as the server received it.
struct Received {
  std::string head;  ///< request line and fields
  std::string content;
};

/// Answers one connection after another on loopback: the n-th request gets the n-th answer, and the
/// connection is closed. `{url}` in an answer becomes the server's address. An empty answer closes the
/// connection without a word. Requests after the last answer, or without any, get none.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    REQUIRE(pipe(stop_) == 0);
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listener_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  const std::string& url() const { return url_; }
  std::vector<Received> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (const std::string& answer : answers_) {
      pollfd ready[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
      if (poll(ready, 2, -1) < 0 || ready[1].revents != 0) return;
      const int connection = accept(listener_, nullptr, nullptr);
      Received received = receive(connection);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(received));
      }
      std::string text = answer;
      if (const std::size_t at = text.find("{url}"); at != std::string::npos) text.replace(at, 5, url_);
      (void)!write(connection, text.data(), text.size());
      close(connection);
    }
  }

  static Received receive(int connection) {
    std::string text;
    std::size_t end = std::string::npos, length = 0;
    char buffer[4096];
    while (end == std::string::npos || text.size() < end + 4 + length) {
      const ssize_t count = read(connection, buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
      if (end != std::string::npos || (end = text.find("\r\n\r\n")) == std::string::npos) continue;
      if (const std::size_t at = text.find("Content-Length: "); at < end)
        length = std::stoul(text.substr(at + 16));
      if (text.find("Expect: 100-continue") < end)
        (void)!write(connection, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    }
    return {text.substr(0, end), end == std::string::npos ? "" : text.substr(end + 4)};
  }

  const std::vector<std::string> answers_;
  std::string url_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::mutex mutex_;
  std::vector<Received> requests_;
  std::thread thread_;
};

/// An answer with this status line and body, and more fields if given (each ends with a line break).
inline std::string answer(const std::string& status, const std::string& body = "",
                          const std::string& fields = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n" + fields + "\r\n" + body;
}

}  // namespace http
