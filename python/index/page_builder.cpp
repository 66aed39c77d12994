#include "python/index/page_builder.h"

#include <algorithm>
#include <array>

#include "store/platform/error.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"

namespace envstore {
namespace {

constexpr std::array<std::string_view, 6> kDistributionSuffixes = {".whl",     ".tar.gz", ".zip",
                                                                   ".tar.bz2", ".tgz",    ".tar.xz"};
constexpr std::size_t kLongestFilename = 255, kLongestUrl = 8 * 1024, kLongestText = 2000;
constexpr std::size_t kMostFiles = 500'000;

bool is_distribution(std::string_view filename) {
  return std::any_of(kDistributionSuffixes.begin(), kDistributionSuffixes.end(),
                     [&](std::string_view suffix) { return filename.ends_with(suffix); });
}

/// Whether a name can be one path component and one line of a message.
bool is_safe_filename(std::string_view name) {
  if (name.empty() || name.size() > kLongestFilename || name[0] == '.') return false;
  if (name.find_first_of("/\\") != std::string_view::npos) return false;
  for (std::size_t at = 0, length = 0; at < name.size(); at += length) {
    length = utf8_length(name.substr(at));
    if (length == 0 || steers_terminal(name.substr(at, length))) return false;
  }
  return true;
}

/// Parses `ALGORITHM=HEX` from a fragment or data-core-metadata.
std::optional<FileDigest> read_hash(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  return FileDigest::read(text.substr(0, equals), text.substr(equals + 1));
}

/// Parses `#sha256=...`, also with other fields: `#egg=x&sha256=...`.
void read_fragment(std::string_view fragment, IndexFile& file) {
  while (!fragment.empty()) {
    const std::size_t end = std::min(fragment.find('&'), fragment.size());
    if (auto hash = read_hash(fragment.substr(0, end))) file.hashes.add(std::move(*hash));
    fragment.remove_prefix(std::min(end + 1, fragment.size()));
  }
}

void read_metadata_attribute(std::string_view value, IndexFile& file) {
  // PEP 714: `true` or a hash; real pages also have `False`.
  if (value.empty() || value == "false" || value == "False") return;
  file.has_metadata = true;
  if (auto hash = read_hash(value)) file.metadata_hashes.add(std::move(*hash));
}

}  // namespace

constexpr std::string_view kHtmlSpace = " \t\n\r\f";

void check_repository_version(std::string_view version, const std::string& page_url) {
  version = trimmed(version, kHtmlSpace);
  const std::string_view major = version.substr(0, version.find('.'));
  const bool is_number = !major.empty() && major.size() < 6 &&
                         std::all_of(major.begin(), major.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (is_number && major == "1") return;
  const std::string what = "cannot read '" + without_credentials(page_url) + "': ";
  if (!is_number) throw Error(ErrorKind::invalid_input, what + "its repository version is not a version");
  throw Error(ErrorKind::invalid_input,
              what + "it follows version " + std::string(major) +
                  " of the index protocol, this program knows version 1",
              "a newer envstore may know it");
}

PageBuilder::PageBuilder(const std::string& page_url) {
  std::optional<Url> url = Url::parse(page_url);
  if (!url || !(url->is_http() || url->is_file()))
    throw Error(ErrorKind::invalid_input,
                "cannot read '" + without_credentials(page_url) + "': it is no http, https or file address");
  base_ = std::move(*url);
  base_.userinfo.reset();
  is_local_ = base_.is_file();
}

void PageBuilder::set_base(std::string_view href) {
  if (has_base_) return;
  has_base_ = true;
  if (std::optional<Url> url = resolve(trimmed(href, kHtmlSpace))) base_ = std::move(*url);
}

std::optional<Url> PageBuilder::resolve(std::string_view reference) const {
  if (reference.size() > kLongestUrl) return std::nullopt;
  std::optional<Url> url = resolve_url(base_, reference);
  if (!url || !(url->is_http() || (url->is_file() && is_local_))) return std::nullopt;
  return url;
}

bool PageBuilder::is_new(const std::string& filename) {
  return seen_.insert(filename).second;
}

void PageBuilder::add(const AnchorAttributes& anchor) {
  if (!anchor.href) return;
  std::optional<Url> url = resolve(trimmed(*anchor.href, kHtmlSpace));
  if (!url) return;
  IndexFile file;
  file.filename = percent_decode(std::string_view(url->path).substr(url->path.rfind('/') + 1));
  if (!is_safe_filename(file.filename) || !is_distribution(file.filename) || !is_new(file.filename)) return;
  if (url->fragment) read_fragment(*url->fragment, file);
  url->fragment.reset();
  file.url = url->text();
  if (anchor.requires_python && !trimmed(*anchor.requires_python, kHtmlSpace).empty())
    file.requires_python = anchor.requires_python;
  file.yanked = anchor.yanked;
  if (anchor.core_metadata)
    read_metadata_attribute(*anchor.core_metadata, file);
  else if (anchor.dist_info_metadata)
    read_metadata_attribute(*anchor.dist_info_metadata, file);
  keep(std::move(file));
}

void PageBuilder::set_status(std::string_view status) {
  status = trimmed(status, kHtmlSpace);
  const bool is_told = status == "archived" || status == "quarantined" || status == "deprecated";
  page_.status = is_told ? status : "";
}

void PageBuilder::set_status_reason(std::string_view reason) {
  page_.status_reason = trimmed(reason.substr(0, kLongestText), kHtmlSpace);
}

void PageBuilder::keep(IndexFile file) {
  if (page_.files.size() >= kMostFiles)
    throw Error(ErrorKind::invalid_input, "cannot read '" + without_credentials(base_.text()) +
                                              "': it names too many files for a page of an index");
  // Longer values are not meaningful.
  if (file.requires_python && file.requires_python->size() > kLongestText) file.requires_python.reset();
  if (file.yanked && file.yanked->size() > kLongestText) file.yanked->resize(kLongestText);
  page_.files.push_back(std::move(file));
}

void PageBuilder::add(IndexFile file) {
  std::optional<Url> url = resolve(trimmed(file.url, kHtmlSpace));
  if (!url || !is_safe_filename(file.filename) || !is_distribution(file.filename) || !is_new(file.filename))
    return;
  url->fragment.reset();
  file.url = url->text();
  keep(std::move(file));
}

}  // namespace envstore
