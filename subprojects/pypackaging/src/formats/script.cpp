#include "pypackaging/script.h"

#include <algorithm>
#include <vector>

#include "text.h"

namespace pypackaging {
namespace {

constexpr std::string_view kOpening = "# /// ";
constexpr std::string_view kClosing = "# ///";

/// Splits at universal newlines, as the specification's reference implementation does.
std::vector<text::Line> script_lines(std::string_view script) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<text::Line> lines;
  text::LineReader reader(script);
  while (const auto line = reader.next()) lines.push_back(*line);
  if (!lines.empty() && lines[0].text.starts_with(kByteOrderMark))
    lines[0].text.remove_prefix(kByteOrderMark.size());
  return lines;
}

bool is_content(std::string_view line) {
  return line == "#" || line.starts_with("# ");
}

std::optional<std::string_view> opened_type(std::string_view line) {
  if (!line.starts_with(kOpening)) return std::nullopt;
  const std::string_view type = line.substr(kOpening.size());
  const bool is_type = !type.empty() && std::all_of(type.begin(), type.end(), [](char c) {
    return c == '-' || ascii::is_alphanumeric(c);
  });
  if (!is_type) return std::nullopt;
  return type;
}

/// Finds the line that closes a block: the last `# ///` in the run of comment lines after the opening, as the
/// greedy match of the specification's regular expression does. The run is cached, so that many openings in
/// one run do not scan it repeatedly.
class ClosingFinder {
 public:
  explicit ClosingFinder(const std::vector<text::Line>& lines) : lines_(lines) {}

  /// Call with ascending openings. nullopt if the block is not closed or empty.
  std::optional<std::size_t> find(std::size_t opening) {
    if (opening + 1 > run_end_) scan_run(opening + 1);
    // A block without content lines is not a block.
    return closing_ && *closing_ > opening + 1 ? closing_ : std::nullopt;
  }

 private:
  void scan_run(std::size_t begin) {
    closing_.reset();
    run_end_ = begin;
    for (; run_end_ < lines_.size() && is_content(lines_[run_end_].text); ++run_end_)
      if (lines_[run_end_].text == kClosing) closing_ = run_end_;
  }

  const std::vector<text::Line>& lines_;
  std::size_t run_end_ = 0;
  std::optional<std::size_t> closing_;
};

std::string without_space(std::string_view line) {
  std::string text;
  for (const char c : line)
    if (!ascii::is_space(c)) text += ascii::to_lower(c);
  return text;
}

/// The reason why the block that begins at line `opening` is not closed.
ParseError not_closed(const std::vector<text::Line>& lines, std::size_t opening) {
  std::size_t end = opening + 1;
  for (; end < lines.size() && is_content(lines[end].text); ++end) {
    if (without_space(lines[end].text) != "#///") continue;
    return {"the script block is not closed: white space follows '# ///', which must be alone on its line",
            lines[end].offset};
  }
  if (end < lines.size() && without_space(lines[end].text) == "#///")
    return {"the script block is not closed: write '# ///' with one blank, and nothing before or after it",
            lines[end].offset};
  std::string message =
      "the script block is not closed: every line of it must begin with '#', and '# ///' ends it";
  const bool lacks_blank = end < lines.size() && lines[end].text.starts_with('#');
  if (end < lines.size())
    message +=
        "; line " + std::to_string(end + 1) + (lacks_blank ? " has no blank after the '#'" : " does not");
  return {std::move(message), lines[opening].offset};
}

std::string toml_of(const std::vector<text::Line>& lines, std::size_t begin, std::size_t end) {
  std::string toml;
  for (std::size_t i = begin; i < end; ++i) {
    toml += lines[i].text.substr(lines[i].text == "#" ? 1 : 2);
    toml += '\n';
  }
  return toml;
}

}  // namespace

Result<std::optional<ScriptBlock>> find_script_block(std::string_view script) {
  const std::vector<text::Line> lines = script_lines(script);
  ClosingFinder closings(lines);
  std::optional<ScriptBlock> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto type = opened_type(lines[i].text);
    if (!type) continue;
    const auto closing = closings.find(i);
    if (!closing) {
      const bool is_empty = i + 1 < lines.size() && lines[i + 1].text == kClosing;
      if (*type == "script" && !is_empty) return not_closed(lines, i);
      continue;
    }
    if (*type == "script") {
      if (found) return ParseError{"there are two script blocks", lines[i].offset};
      found = ScriptBlock{toml_of(lines, i + 1, *closing), i + 2};
    }
    i = *closing;
  }
  return found;
}

std::optional<ParseError> find_misspelt_opening(std::string_view script) {
  text::LineReader reader(script);
  while (const auto line = reader.next()) {
    if (!line->text.starts_with('#') || without_space(line->text) != "#///script") continue;
    if (opened_type(line->text) == "script") continue;
    return ParseError{"it does not begin a metadata block: write '# /// script', with nothing after it",
                      line->offset};
  }
  return std::nullopt;
}

}  // namespace pypackaging
