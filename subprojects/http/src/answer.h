#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace http {

/// Status and header fields of one answer, read line by line as they arrive (RFC 9112 section 2.1, RFC 9110
/// section 5). Informational answers (1xx) before the final one are replaced by it.
class AnswerHead {
 public:
  /// One line, with or without its line break. False: more header bytes than an honest server sends.
  bool take(std::string_view line);

  int status() const { return status_; }  ///< 0: no status line yet, or none that can be read
  bool is_success() const { return status_ >= 200 && status_ <= 299; }
  /// Lower-case names; the values of a repeated field are joined by commas.
  const std::map<std::string, std::string>& fields() const { return fields_; }
  std::map<std::string, std::string> release_fields() { return std::move(fields_); }
  /// Content-Length of a body that is not encoded; 0 if unknown.
  std::uint64_t announced_size() const;

 private:
  int status_ = 0;
  std::map<std::string, std::string> fields_;
  std::uint64_t bytes_ = 0;
};

}  // namespace http
