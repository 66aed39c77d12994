#include "cli/output/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output/print.h"
#include "store/platform/format.h"
#include "store/platform/terminal_text.h"

namespace envstore {
namespace {

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

}  // namespace

std::string describe_bytes(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  constexpr double kStep = 1000;
  if (bytes < 1000) return format_text("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= kStep && unit + 1 < std::size(kUnits)) {
    value /= kStep;
    ++unit;
  }
  return format_text("{:.1f} {}", value, kUnits[unit]);
}

StatusLine::StatusLine(Verbosity verbosity)
    : verbosity_(verbosity), is_drawn_(verbosity == Verbosity::normal && ::isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() {
  clear();
}

void StatusLine::resolving(const std::string& what) {
  const std::lock_guard guard(mutex_);
  resolving_ = what;
  building_.clear();
  draw(Redraw::when_due);
}

void StatusLine::resolved(std::size_t packages) {
  const std::lock_guard guard(mutex_);
  resolving_.clear();
  packages_ = packages;
  if (verbosity_ == Verbosity::verbose) print_line(format_text("resolved {} packages", packages));
  draw(Redraw::now);
}

void StatusLine::download_started(const std::string& filename, std::uint64_t size) {
  const std::lock_guard guard(mutex_);
  if (downloads_++ == 0) first_download_ = Clock::now();
  bytes_expected_ += size;
  received_[filename] = 0;
  expected_[filename] = size;
  if (verbosity_ == Verbosity::verbose)
    print_line(size == 0 ? format_text("downloading {}", filename)
                         : format_text("downloading {} ({})", filename, describe_bytes(size)));
  draw(Redraw::when_due);
}

void StatusLine::download_advanced(const std::string& filename, std::uint64_t received, std::uint64_t total) {
  const std::lock_guard guard(mutex_);
  // A retry starts again at 0, and the sum is reduced accordingly.
  std::uint64_t& before = received_[filename];
  bytes_received_ = bytes_received_ - before + received;
  before = received;
  // The index page may give no sizes; the HTTP response does.
  if (std::uint64_t& expected = expected_[filename]; total > expected) {
    bytes_expected_ += total - expected;
    expected = total;
  }
  draw(Redraw::when_due);
}

void StatusLine::download_finished(const std::string& filename) {
  const std::lock_guard guard(mutex_);
  ++downloaded_;
  const auto found = received_.find(filename);
  if (found != received_.end()) {
    const std::uint64_t whole = std::max(found->second, expected_[filename]);
    bytes_received_ += whole - found->second;
    found->second = whole;
  }
  draw(Redraw::when_due);
}

void StatusLine::building(const std::string& what) {
  const std::lock_guard guard(mutex_);
  building_ = what;
  if (verbosity_ == Verbosity::verbose) print_line(format_text("building {}", what));
  draw(Redraw::now);
}

void StatusLine::build_output(std::string_view text) {
  if (verbosity_ != Verbosity::verbose) return;
  const std::lock_guard guard(mutex_);
  erase_line();
  print_message(std::string(text));
}

void StatusLine::unpacking(const std::string& filename) {
  const std::lock_guard guard(mutex_);
  unpacking_ = filename;
  building_.clear();
  if (verbosity_ == Verbosity::verbose) print_line(format_text("unpacking {}", filename));
  draw(Redraw::when_due);
}

void StatusLine::unpacked(const std::string&) {
  const std::lock_guard guard(mutex_);
  ++unpacked_;
  draw(Redraw::when_due);
}

void StatusLine::warning(const std::string& text) {
  if (verbosity_ == Verbosity::quiet) return;
  const std::lock_guard guard(mutex_);
  print_line("warning: " + text);
}

void StatusLine::value(const char* name, const std::string& json) {
  if (verbosity_ != Verbosity::verbose) return;
  const std::lock_guard guard(mutex_);
  erase_line();
  print_value(name, json);
}

void StatusLine::clear() {
  const std::lock_guard guard(mutex_);
  erase_line();
}

std::string StatusLine::status() const {
  if (!building_.empty()) return format_text("Building {}", building_);
  if (!resolving_.empty()) return format_text("Resolving {}", resolving_);
  if (downloaded_ < downloads_) {
    const double seconds = std::chrono::duration<double>(Clock::now() - first_download_).count();
    constexpr double kSoonest = 0.2;  // a rate over a shorter time is meaningless
    const std::string rate =
        seconds < kSoonest ? ""
                           : format_text(", {}/s", describe_bytes(static_cast<std::uint64_t>(
                                                       static_cast<double>(bytes_received_) / seconds)));
    const std::string whole = bytes_expected_ < bytes_received_ || bytes_expected_ == 0
                                  ? ""
                                  : " of " + describe_bytes(bytes_expected_);
    return format_text("Downloading {} of {}: {}{}{}", downloaded_ + 1, downloads_,
                       describe_bytes(bytes_received_), whole, rate);
  }
  if (!unpacking_.empty()) return format_text("Unpacking {} ({} done)", unpacking_, unpacked_);
  return packages_ == 0 ? "" : format_text("Resolved {} packages", packages_);
}

void StatusLine::draw(Redraw redraw) {
  constexpr auto kInterval = std::chrono::milliseconds(100);
  if (!is_drawn_) return;
  const auto now = Clock::now();
  if (redraw == Redraw::when_due && now - last_draw_ < kInterval) return;
  last_draw_ = now;
  std::string text = terminal_line(status());
  text.resize(std::min(text.size(), terminal_width() - 1));
  print_error_text("\r\x1b[K" + text);
  is_on_screen_ = !text.empty();
}

void StatusLine::print_line(const std::string& text) {
  erase_line();
  print_message(text + "\n");
}

void StatusLine::erase_line() {
  if (is_on_screen_) print_error_text("\r\x1b[K");
  is_on_screen_ = false;
}

}  // namespace envstore
