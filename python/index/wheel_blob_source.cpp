#include "python/index/wheel_blob_source.h"

#include <fcntl.h>

#include <algorithm>

#include "pypackaging/metadata.h"
#include "python/index/http_status.h"
#include "python/index/lazy_http.h"
#include "python/index/remote_wheel.h"
#include "python/network/url.h"
#include "python/wheel/record.h"
#include "python/wheel/script.h"
#include "python/wheel/wheel_plan.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

constexpr std::string_view kBin = "bin/";

std::string without_first(std::string_view path) {
  return std::string(path.substr(path.find('/') + 1));
}

bool is_in_dist_info(std::string_view path, std::string_view name) {
  const std::string_view end = ".dist-info/";
  const std::size_t at = path.find(end);
  return path.starts_with("site/") && at != std::string_view::npos && path.substr(at + end.size()) == name;
}

std::string data_directory(const std::vector<zip::Member>& members) {
  for (const zip::Member& member : members) {
    const std::string top = member.name.substr(0, member.name.find('/'));
    if (top.size() != member.name.size() && top.ends_with(".data")) return top;
  }
  return {};
}

}  // namespace

std::vector<std::string> member_names(const std::string& path, const std::string& data) {
  const std::string part = path.substr(0, path.find('/')), rest = without_first(path);
  std::vector<std::string> names;
  if (part == store_paths::kTreeSite) names.push_back(rest);
  if (data.empty()) return names;
  if (part == store_paths::kTreeSite) {
    names.push_back(data + "/purelib/" + rest);
    names.push_back(data + "/platlib/" + rest);
  } else if (part == store_paths::kTreeBin) {
    names.push_back(data + "/scripts/" + rest);
    names.push_back(data + "/data/bin/" + rest);
  } else if (part == store_paths::kTreeInclude) {
    names.push_back(data + "/headers/" + without_first(rest));
  } else {
    names.push_back(data + "/data/" + rest);
    if (rest.starts_with("lib/")) names.push_back(data + "/data/lib64/" + without_first(rest));
  }
  return names;
}

struct WheelBlobSource::Http {
  LazyHttp client;
};

/// A wheel that is local, read by ranges, or downloaded whole.
class WheelBlobSource::OpenWheel {
 public:
  explicit OpenWheel(const TreeInfo& tree) : hash_(tree.wheel) {
    file_.filename = tree.wheel_filename;
    file_.url = tree.origin;
  }

  const WheelHash& hash() const { return hash_; }

  void open_local(const std::string& path) {
    mapping_ = std::make_unique<MappedFile>(MappedFile::open(AT_FDCWD, real_path(path).value_or(path)));
    archive_ = std::make_unique<WheelArchive>(mapping_->bytes(), file_.filename);
  }

  void open_remote(HttpClient& http) {
    remote_ = std::make_unique<RemoteWheel>(http, file_);
    if (remote_->open()) return;
    remote_.reset();
    HttpRequest request;
    request.url = file_.url;
    HttpResponse response = http.start(std::move(request)).get();
    if (!is_success(response)) throw_for_status(response, file_.url);
    whole_ = std::move(response.body);
    archive_ = std::make_unique<WheelArchive>(as_bytes(whole_), file_.filename);
  }

  const std::vector<zip::Member>& members() const {
    return remote_ ? remote_->members() : archive_->members();
  }

  std::optional<std::string> read(const std::string& name) {
    const auto& all = members();
    const auto member =
        std::find_if(all.begin(), all.end(), [&](const zip::Member& one) { return one.name == name; });
    if (member == all.end()) return std::nullopt;
    return remote_ ? remote_->read(*member) : archive_->read(*member);
  }

  /// The script of the entry point with this name; nullopt: there is none.
  std::optional<std::string> entry_point(const std::string& name) {
    for (const zip::Member& member : members()) {
      if (!is_in_dist_info("site/" + member.name, "entry_points.txt")) continue;
      const auto groups = pypackaging::parse_entry_points(read(member.name).value_or(""));
      if (!groups) return std::nullopt;
      for (const char* const group : {"console_scripts", "gui_scripts"})
        if (const auto points = groups->find(group); points != groups->end())
          for (const pypackaging::EntryPoint& point : points->second)
            if (point.name == name) return entry_point_script(point.module, point.attribute);
    }
    return std::nullopt;
  }

 private:
  const WheelHash hash_;
  IndexFile file_;
  std::string whole_;
  std::unique_ptr<MappedFile> mapping_;
  std::unique_ptr<WheelArchive> archive_;
  std::unique_ptr<RemoteWheel> remote_;
};

WheelBlobSource::WheelBlobSource(StoreWriter& store, Network network)
    : store_(store), network_(network), http_(std::make_unique<Http>()) {}
WheelBlobSource::~WheelBlobSource() = default;

std::optional<std::string> WheelBlobSource::fetch(const Wanted& wanted, std::string& why) {
  try {
    if (is_in_dist_info(wanted.path, "INSTALLER")) return "envstore\n";
    if (is_in_dist_info(wanted.path, "RECORD")) return make_record(wanted.tree, wanted.path);
    OpenWheel& wheel = open(wanted.tree);
    const bool is_script = wanted.path.starts_with(kBin);
    if (is_script)
      if (auto script = wheel.entry_point(wanted.path.substr(kBin.size()))) return script;
    const std::string data = data_directory(wheel.members());
    for (const std::string& name : member_names(wanted.path, data)) {
      auto content = wheel.read(name);
      if (!content) continue;
      const bool is_rewritten =
          is_script && name.starts_with(data + "/scripts/") && asks_for_python(*content);
      return is_rewritten ? relocatable_script(*content) : std::move(content);
    }
    why = wanted.tree.wheel_filename + " has no such file";
  } catch (const Error& error) {
    why = error.what();
  }
  return std::nullopt;
}

WheelBlobSource::OpenWheel& WheelBlobSource::open(const TreeInfo& tree) {
  if (wheel_ && wheel_->hash() == tree.wheel) return *wheel_;
  wheel_.reset();
  const std::string what = "cannot read '" + tree.wheel_filename + "': ";
  if (tree.origin.empty()) throw Error(ErrorKind::not_found, what + "where it came from is not known");
  auto wheel = std::make_unique<OpenWheel>(tree);
  if (const auto path = local_path(tree.origin)) {
    wheel->open_local(*path);
  } else if (network_ == Network::offline) {
    throw Error(ErrorKind::network, what + "it is not on this machine, and --offline was given");
  } else {
    wheel->open_remote(http_->client);
  }
  wheel_ = std::move(wheel);
  return *wheel_;
}

/// Generates RECORD as at ingest: the manifest has all its data.
std::string WheelBlobSource::make_record(const TreeInfo& tree, const std::string& path) {
  const auto row = store_.index().read().wheel(tree.wheel);
  if (!row)
    throw Error(ErrorKind::not_found, "cannot make '" + path + "': the index does not know the wheel's tree");
  std::vector<RecordLine> lines;
  const TreeManifest manifest = TreeManifest::load(store_, row->tree);
  for (const TreeEntry& entry : manifest.entries()) {
    if (entry.path == path)
      lines.push_back({path_from_site(path), std::nullopt, 0});
    else
      lines.push_back({path_from_site(entry.path), entry.blob.bytes, entry.size});
  }
  return encode_record(std::move(lines));
}

}  // namespace envstore
