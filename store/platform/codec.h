#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/platform/error.h"

namespace envstore {

// The grammar of records (docs/FORMAT.md): little-endian integers of fixed size, u32 length + bytes for text,
// u32 count + elements for lists. No field is optional; bytes after the last field are an error.

class Encoder {
 public:
  template <std::unsigned_integral Number>
  void number(Number value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
      bytes_.push_back(static_cast<char>(static_cast<unsigned char>(value >> (8 * i))));
  }
  void raw(std::string_view bytes) { bytes_.append(bytes); }
  void text(std::string_view value);  ///< throws Error{invalid_input} from 4 GiB on
  void count(std::size_t elements);
  std::string finish() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Every read checks the number of bytes left. A record that is too short, too long or has a bad value throws
/// Error{damaged}.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}
  template <std::unsigned_integral Number>
  Number number() {
    const std::string_view bytes = raw(sizeof(Number));
    Number value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      value = static_cast<Number>(
          value | static_cast<Number>(Number{static_cast<unsigned char>(bytes[i])} << (8 * i)));
    return value;
  }
  std::string_view raw(std::size_t size);
  std::string_view text() { return raw(number<std::uint32_t>()); }
  /// Reads the count of a list whose elements take at least `smallest` bytes each. A count that the remaining
  /// bytes cannot hold is rejected before memory is allocated.
  std::size_t count(std::size_t smallest);
  std::string_view rest() const { return rest_; }
  void finish() const;  ///< throws unless everything was read
  [[noreturn]] static void fail();

 private:
  std::string_view rest_;
};

}  // namespace envstore
