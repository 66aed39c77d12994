#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cli/options/verbosity.h"
#include "python/resolve/progress.h"

namespace envstore {

/// Progress on standard error: one line, redrawn in place at most ten times a second, and only on a terminal.
/// Warnings are printed unless quiet. With Verbosity::verbose every step is printed on a line of its own and
/// nothing is redrawn.
class StatusLine final : public Progress {
 public:
  explicit StatusLine(Verbosity verbosity);
  ~StatusLine() override;  ///< clears the line

  void resolving(const std::string& what) override;
  void resolved(std::size_t packages) override;
  void download_started(const std::string& filename, std::uint64_t size) override;
  void download_advanced(const std::string& filename, std::uint64_t received, std::uint64_t total) override;
  void download_finished(const std::string& filename) override;
  void unpacking(const std::string& filename) override;
  void unpacked(const std::string& filename) override;
  void building(const std::string& what) override;
  void build_output(std::string_view text) override;
  void warning(const std::string& text) override;
  void value(const char* name, const std::string& json) override;
  bool is_verbose() const override { return verbosity_ == Verbosity::verbose; }

  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Redraw { now, when_due };
  void draw(Redraw redraw);
  void print_line(const std::string& text);
  void erase_line();
  std::string status() const;

  const Verbosity verbosity_;
  const bool is_drawn_;  ///< standard error is a terminal, Verbosity::normal
  std::mutex mutex_;     ///< protects the members below and the terminal
  std::string resolving_, building_, unpacking_;
  std::size_t packages_ = 0, downloads_ = 0, downloaded_ = 0, unpacked_ = 0;
  std::uint64_t bytes_expected_ = 0, bytes_received_ = 0;
  std::map<std::string, std::uint64_t> received_, expected_;
  Clock::time_point first_download_, last_draw_;
  bool is_on_screen_ = false;
};

/// 1234567 -> "1.2 MB".
std::string describe_bytes(std::uint64_t bytes);

}  // namespace envstore
