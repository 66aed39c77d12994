#include "python/build/build_log.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr mode_t kLogMode = 0600;
constexpr std::size_t kLines = 25, kLongestLine = 300;
constexpr std::string_view kCut = "\n[the output goes on, and is not kept]\n";

}  // namespace

BuildLog::BuildLog(std::string path, std::function<void(std::string_view)> on_output)
    : path_(std::move(path)),
      on_output_(std::move(on_output)),
      file_(open_file(AT_FDCWD, path_, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, kLogMode)),
      size_(stat_open(file_.get(), path_).size) {}

void BuildLog::add(std::string_view output) {
  write(output);
  tail_ += output;
  if (tail_.size() > 2 * kTail) tail_.erase(0, tail_.size() - kTail);
  if (on_output_) on_output_(output);
}

void BuildLog::write(std::string_view output) {
  if (size_ >= kLargestFile) return;
  const std::string_view kept = output.substr(0, kLargestFile - size_);
  write_all(file_.get(), std::as_bytes(std::span(kept)), path_);
  size_ += kept.size();
  if (size_ >= kLargestFile) write_all(file_.get(), std::as_bytes(std::span(kCut)), path_);
}

std::string last_lines(std::string_view output) {
  std::vector<std::string_view> lines;
  output = trimmed(output);
  while (!output.empty() && lines.size() < kLines) {
    const std::size_t feed = output.rfind('\n');
    const std::size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
    lines.push_back(trimmed(output.substr(begin), "\r"));
    output = output.substr(0, feed == std::string_view::npos ? 0 : feed);
  }
  std::string text;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    text += "\n  ";
    text += terminal_line(*line, kLongestLine);
  }
  return text;
}

}  // namespace envstore
