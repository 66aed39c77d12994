#include "python/index/keyring.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cstdlib>

#include "store/process/signals.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;

namespace {

/// PATH with a `keyring` that is this shell script, and nothing else before the system's programs.
class FakeKeyring {
 public:
  explicit FakeKeyring(const std::string& script) {
    create_file(directory_.fd(), "keyring", "#!/bin/sh\n" + script + "\n", 0755);
    setenv("PATH", (directory_.path() + ":" + before_).c_str(), 1);
  }
  ~FakeKeyring() { setenv("PATH", before_.c_str(), 1); }
  FakeKeyring(const FakeKeyring&) = delete;
  FakeKeyring& operator=(const FakeKeyring&) = delete;

 private:
  const std::string before_ = getenv("PATH");
  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("user and password come from a keyring that prints both") {
  const FakeKeyring keyring(
      "test \"$*\" = '--mode creds get https://host:8443' && printf 'user\\nsecret\\n'");
  const auto credentials = ask_keyring("https://host:8443/simple");
  REQUIRE(credentials.has_value());
  CHECK(credentials->user == "user");
  CHECK(credentials->password == "secret");
}

TEST_CASE("an older keyring is called for the password of __token__") {
  const FakeKeyring keyring("test \"$1\" = get && test \"$3\" = __token__ && echo secret");
  const auto credentials = ask_keyring("https://host");
  REQUIRE(credentials.has_value());
  CHECK(credentials->user == "__token__");
  CHECK(credentials->password == "secret");
}

TEST_CASE("a keyring that fails or writes without end gives no credentials") {
  CHECK_FALSE([] {
    const FakeKeyring keyring("echo user; echo secret; exit 1");
    return ask_keyring("https://host");
  }()
                  .has_value());
  CHECK_FALSE([] {
    const FakeKeyring keyring("exec yes");
    return ask_keyring("https://host");
  }()
                  .has_value());
}

TEST_CASE("a keyring has no input and no blocked signals, even if the calling thread blocks all") {
  const AllSignalsBlocked blocked;  // dash clears its mask at its first wait, so the mask is looked at first
  const FakeKeyring keyring("echo user; grep SigBlk /proc/self/status | cut -f2; cat");
  const auto credentials = ask_keyring("https://host");
  REQUIRE(credentials.has_value());
  CHECK(credentials->password == "0000000000000000");
}
