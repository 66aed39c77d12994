#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// Writes tar archives (ustar, uncompressed) byte by byte, also such as no archiver makes.
class TarBuilder {
 public:
  struct Header {
    std::string name;
    char type = '0';
    std::string link = {};
    unsigned mode = 0644;
    std::uint64_t mtime = 1'000'000'000;
    std::uint64_t size = 0;
  };

  TarBuilder& file(const std::string& name, std::string_view content, unsigned mode = 0644);
  TarBuilder& folder(const std::string& name, unsigned mode = 0755);
  TarBuilder& symbolic_link(const std::string& name, const std::string& target);
  TarBuilder& hard_link(const std::string& name, const std::string& target);
  /// One record of a pax header, for the next member.
  TarBuilder& pax(const std::string& key, const std::string& value);
  TarBuilder& header(const Header& header);     ///< without content
  TarBuilder& bytes(std::string_view content);  ///< padded to whole blocks
  /// The archive, with the blocks that end it.
  std::string text() const { return text_ + std::string(1024, '\0'); }
  const std::string& unfinished() const { return text_; }

 private:
  std::string text_;
};

}  // namespace envstore
