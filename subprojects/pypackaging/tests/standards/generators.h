#pragma once
#include <rapidcheck.h>

#include <string>

/// Random texts for property tests. Numbers are small, so that equal and neighbouring versions are common.
namespace generators {

inline rc::Gen<std::string> number() {
  return rc::gen::weightedElement<std::string>({{8, "0"},
                                                {8, "1"},
                                                {4, "2"},
                                                {2, "10"},
                                                {1, "01"},
                                                {1, "18446744073709551615"},
                                                {1, "18446744073709551616"}});
}

inline std::string release_text() {
  std::string text = *rc::gen::weightedElement<std::string>({{9, ""}, {1, "1!"}, {1, "0!"}});
  const int count = *rc::gen::inRange(1, 7);
  for (int i = 0; i < count; ++i) text += (i > 0 ? "." : "") + *number();
  return text;
}

/// A public version in some accepted spelling.
inline std::string public_text() {
  std::string text = release_text();
  text += *rc::gen::element<std::string>("", "", "", "a", "-B", ".c", "rc", "_alpha", "preview");
  if (text.back() < '0' || text.back() > '9') text += *rc::gen::element<std::string>("", "1", ".2", "0");
  text += *rc::gen::element<std::string>("", "", "", "-1", ".post1", "post", "_r2", ".rev.0");
  text += *rc::gen::element<std::string>("", "", "", ".dev1", "dev", "-DEV2");
  return text;
}

inline rc::Gen<std::string> version_text() {
  return rc::gen::exec([] {
    return public_text() + *rc::gen::element<std::string>("", "", "", "+a", "+1", "+A-01", "+a.1.b");
  });
}

}  // namespace generators
