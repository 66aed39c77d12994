#include "tar_builder.h"

#include <cstdio>

namespace envstore {
namespace {

constexpr std::size_t kBlock = 512;

void put(std::string& block, std::size_t at, std::string_view text) {
  block.replace(at, text.size(), text);
}

std::string octal(std::uint64_t number, int digits) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (std::size_t at = text.size(); at > 0; number >>= 3) text[--at] = static_cast<char>('0' + (number & 7));
  return text;
}

}  // namespace

TarBuilder& TarBuilder::header(const Header& header) {
  std::string block(kBlock, '\0');
  put(block, 0, std::string_view(header.name).substr(0, 100));
  put(block, 100, octal(header.mode, 7));
  put(block, 108, octal(0, 7));
  put(block, 116, octal(0, 7));
  put(block, 124, octal(header.size, 11));
  put(block, 136, octal(header.mtime, 11));
  put(block, 148, "        ");
  block[156] = header.type;
  put(block, 157, std::string_view(header.link).substr(0, 100));
  put(block, 257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put(block, 148, octal(sum, 6));
  block[154] = '\0';
  text_ += block;
  return *this;
}

TarBuilder& TarBuilder::bytes(std::string_view content) {
  text_ += content;
  text_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
  return *this;
}

TarBuilder& TarBuilder::file(const std::string& name, std::string_view content, unsigned mode) {
  header({.name = name, .mode = mode, .size = content.size()});
  return bytes(content);
}

TarBuilder& TarBuilder::folder(const std::string& name, unsigned mode) {
  return header({.name = name, .type = '5', .mode = mode});
}

TarBuilder& TarBuilder::symbolic_link(const std::string& name, const std::string& target) {
  return header({.name = name, .type = '2', .link = target, .mode = 0777});
}

TarBuilder& TarBuilder::hard_link(const std::string& name, const std::string& target) {
  return header({.name = name, .type = '1', .link = target});
}

TarBuilder& TarBuilder::pax(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t size = rest.size();
  while (std::to_string(size).size() + rest.size() != size) size = std::to_string(size).size() + rest.size();
  const std::string record = std::to_string(size) + rest;
  header({.name = "pax", .type = 'x', .size = record.size()});
  return bytes(record);
}

}  // namespace envstore
