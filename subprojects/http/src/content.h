#pragma once
#include <cstddef>
#include <cstdint>

#include "http/message.h"

namespace http {

/// Reads what a request sends, from memory or its file. Refers to the request.
class Content {
 public:
  explicit Content(const Request& request) : request_(request) {}

  std::uint64_t size() const {
    return request_.content_fd >= 0 ? request_.content_size : request_.content.size();
  }
  std::uint64_t position() const { return position_; }
  bool seek(std::uint64_t position);  ///< false: after the end
  /// The next bytes, at most `room`; 0 at the end. Throws Fault{file} if the file cannot be read or is too
  /// short.
  std::size_t read(char* buffer, std::size_t room);

 private:
  const Request& request_;
  std::uint64_t position_ = 0;
};

}  // namespace http
