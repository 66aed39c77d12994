#include <fstream>
#include <iostream>
#include <iterator>

#include "zip/archive.h"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    try {
      const zip::Archive archive(std::as_bytes(std::span(content)));
      for (const zip::Member& member : archive.members())
        std::cout << member.name << ' ' << archive.read(member).size() << '\n';
    } catch (const zip::Error& error) {
      std::cerr << argv[i] << ": " << error.reason() << '\n';
    }
  }
}
