#include "python/index/flat_files.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>

#include "pypackaging/name.h"
#include "python/index/page_builder.h"
#include "store/platform/error.h"
#include "store/platform/files.h"

namespace envstore {
namespace {

constexpr std::size_t kLargestPage = std::size_t{256} << 20;

std::string in_folder(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

/// Whether the file name is an sdist of the project: `numpy-1-0-tar-gz` is one of numpy,
/// `numpy-stubs-1-0-tar-gz` is not.
bool is_sdist_of(std::string_view normalized_file, std::string_view name) {
  if (normalized_file.size() < name.size() + 2 || !normalized_file.starts_with(name) ||
      normalized_file[name.size()] != '-')
    return false;
  const std::string_view rest = normalized_file.substr(name.size() + 1);
  return (rest[0] >= '0' && rest[0] <= '9') ||
         (rest.size() > 1 && rest[0] == 'v' && rest[1] >= '0' && rest[1] <= '9');
}

}  // namespace

FlatFiles::FlatFiles(SimplePage page) {
  for (IndexFile& file : page.files) {
    if (file.filename.ends_with(".whl")) {
      const std::string name = file.filename.substr(0, file.filename.find('-'));
      wheels_[pypackaging::normalize_name(name)].push_back(std::move(file));
    } else {
      std::string name = pypackaging::normalize_name(file.filename);
      sdists_.emplace_back(std::move(name), std::move(file));
    }
  }
}

std::vector<IndexFile> FlatFiles::files_of(const std::string& normalized_name) const {
  std::vector<IndexFile> result;
  if (const auto found = wheels_.find(normalized_name); found != wheels_.end()) result = found->second;
  for (const auto& [name, file] : sdists_)
    if (is_sdist_of(name, normalized_name)) result.push_back(file);
  return result;
}

SimplePage list_folder(const std::string& directory) {
  std::vector<DirectoryEntry> entries = list_directory(AT_FDCWD, directory);
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  PageBuilder builder(file_url(in_folder(directory, "")));
  for (const DirectoryEntry& entry : entries) {
    if (entry.type == DT_DIR) continue;
    IndexFile file;
    file.filename = entry.name;
    file.url = file_url(in_folder(directory, entry.name));
    builder.add(std::move(file));
  }
  return builder.take();
}

std::optional<SimplePage> read_local_page(const std::string& path, Folder kind) {
  const auto stamp = stat_at(AT_FDCWD, path, Links::follow);
  if (!stamp) return std::nullopt;
  if (!stamp->is_directory())
    return parse_simple_html(read_file(AT_FDCWD, path, kLargestPage), file_url(path));
  if (kind == Folder::project) {
    const std::string page = in_folder(path, "index.html");
    if (const auto body = try_read_file(AT_FDCWD, page, kLargestPage))
      return parse_simple_html(*body, file_url(page));
  }
  return list_folder(path);
}

}  // namespace envstore
