#include "cli/output/progress.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "store/platform/files.h"

using namespace envstore;

namespace {

const std::string kErase = "\r\x1b[K";

/// Standard error as another file, restored at the end.
class ErrorOutput {
 public:
  explicit ErrorOutput(int fd) : before_(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    dup2(fd, STDERR_FILENO);
  }
  ~ErrorOutput() { dup2(before_.get(), STDERR_FILENO); }
  ErrorOutput(const ErrorOutput&) = delete;
  ErrorOutput& operator=(const ErrorOutput&) = delete;

 private:
  Fd before_;
};

/// A terminal of this width, without translation of line ends.
struct Terminal {
  explicit Terminal(unsigned short width) : master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    REQUIRE(master);
    REQUIRE(grantpt(master.get()) == 0);
    REQUIRE(unlockpt(master.get()) == 0);
    slave = Fd(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    REQUIRE(slave);
    termios mode{};
    tcgetattr(slave.get(), &mode);
    cfmakeraw(&mode);
    tcsetattr(slave.get(), TCSANOW, &mode);
    const winsize size{.ws_row = 24, .ws_col = width, .ws_xpixel = 0, .ws_ypixel = 0};
    REQUIRE(ioctl(slave.get(), TIOCSWINSZ, &size) == 0);
  }
  /// Everything that was written until now. The kernel passes it on in the background, so a mark is written
  /// and waited for.
  std::string text() const {
    const std::string mark = "<end>";
    REQUIRE(write(slave.get(), mark.data(), mark.size()) == static_cast<ssize_t>(mark.size()));
    std::string text;
    while (!text.ends_with(mark)) {
      pollfd waiting{.fd = master.get(), .events = POLLIN, .revents = 0};
      REQUIRE(poll(&waiting, 1, 60'000) == 1);
      char buffer[4096];
      const ssize_t count = read(master.get(), buffer, sizeof buffer);
      REQUIRE(count > 0);
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text.substr(0, text.size() - mark.size());
  }
  Fd master, slave;
};

/// What the status line writes to a terminal.
std::string shown(Verbosity verbosity, const std::function<void(StatusLine&)>& use,
                  unsigned short width = 80) {
  const Terminal terminal(width);
  const ErrorOutput redirected(terminal.slave.get());
  {
    StatusLine line(verbosity);
    use(line);
  }
  return terminal.text();
}

}  // namespace

TEST_CASE("bytes are printed in the unit that fits") {
  CHECK(describe_bytes(0) == "0 B");
  CHECK(describe_bytes(999) == "999 B");
  CHECK(describe_bytes(1000) == "1.0 kB");
  CHECK(describe_bytes(1234567) == "1.2 MB");
  CHECK(describe_bytes(5'000'000'000) == "5.0 GB");
  CHECK(describe_bytes(~std::uint64_t{0}).ends_with(" TB"));
}

TEST_CASE("the line is drawn in place, without colours, and erased at the end") {
  for (const char* no_color : {"", "1"}) {
    setenv("NO_COLOR", no_color, 1);
    CHECK(shown(Verbosity::normal, [](StatusLine& line) { line.resolving("numpy"); }) ==
          kErase + "Resolving numpy" + kErase);
  }
  unsetenv("NO_COLOR");
}

TEST_CASE("a line that was not drawn is not erased") {
  CHECK(shown(Verbosity::normal, [](StatusLine&) {}).empty());
}

TEST_CASE("the line is redrawn when its interval has passed, and at once at the end of the resolution") {
  const std::string text = shown(Verbosity::normal, [](StatusLine& line) {
    for (int i = 0; i < 1000; ++i) line.resolving("p" + std::to_string(i));
    line.resolved(3);
  });
  CHECK(text.starts_with(kErase + "Resolving p0" + kErase));
  CHECK(text.ends_with(kErase + "Resolved 3 packages" + kErase));
  CHECK(text.size() < 1000);
}

TEST_CASE("the line fits a narrow terminal, so that it does not wrap") {
  const auto use = [](StatusLine& line) { line.resolving("a-package-with-a-long-name"); };
  CHECK(shown(Verbosity::normal, use, 12) == kErase + "Resolving a" + kErase);
  // A terminal that does not tell its width.
  CHECK(shown(Verbosity::normal, use, 0) == kErase + "Resolving a-package-with-a-long-name" + kErase);
}

TEST_CASE("text of a server cannot control the terminal") {
  const auto use = [](StatusLine& line) { line.resolving("a\x1b[2Jb\nc"); };
  const std::string text = shown(Verbosity::normal, use);
  CHECK(text.find("\x1b[2J") == std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
}

TEST_CASE("a warning is printed on a line of its own") {
  CHECK(shown(Verbosity::normal, [](StatusLine& line) {
          line.resolving("a");
          line.warning("b is yanked");
        }) == kErase + "Resolving a" + kErase + "warning: b is yanked\n");
}

TEST_CASE("downloads show their number and bytes; a retry counts again from zero") {
  const std::string text = shown(Verbosity::normal, [](StatusLine& line) {
    line.download_started("a.whl", 2'000'000);
    line.download_advanced("a.whl", 1'000'000, 2'000'000);
    line.download_advanced("a.whl", 0, 2'000'000);
    line.download_finished("a.whl");
  });
  CHECK(text.starts_with(kErase + "Downloading 1 of 1: 0 B of 2.0 MB" + kErase));
}

TEST_CASE("quiet and verbose draw nothing; verbose prints each step, quiet no warning") {
  const auto use = [](StatusLine& line) {
    line.resolving("a");
    line.resolved(2);
    line.download_started("a.whl", 1000);
    line.unpacking("a.whl");
    line.warning("b");
  };
  CHECK(shown(Verbosity::quiet, use).empty());
  CHECK(shown(Verbosity::verbose, use) ==
        "resolved 2 packages\ndownloading a.whl (1.0 kB)\nunpacking a.whl\nwarning: b\n");
}

TEST_CASE("where standard error is not a terminal only warnings are printed") {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  const Fd reader(ends[0]), writer(ends[1]);
  {
    const ErrorOutput redirected(writer.get());
    StatusLine line(Verbosity::normal);
    line.resolving("a");
    line.resolved(2);
    line.warning("b");
  }
  std::string text(100, '\0');
  const ssize_t count = read(reader.get(), text.data(), text.size());
  REQUIRE(count > 0);
  text.resize(static_cast<std::size_t>(count));
  CHECK(text == "warning: b\n");
}
