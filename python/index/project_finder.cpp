#include "python/index/project_finder.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "python/index/http_status.h"
#include "python/network/url.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/terminal_text.h"
#include "store/platform/text.h"
#include "store/platform/thread_pool.h"

namespace envstore {
namespace {

// Accept HTML too: package indexes without JSON would reject JSON alone.
constexpr const char* kAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";
constexpr std::uint64_t kLargestPage = std::uint64_t{100} << 20;

std::string project_url(const std::string& index, const std::string& name) {
  const std::size_t end = std::min(index.find_first_of("?#"), index.size());
  std::string url = index.substr(0, end);
  while (url.ends_with('/')) url.pop_back();
  return url + "/" + name + "/" + index.substr(end);
}

std::string media_type(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.pop_back();
  return to_lower(type);
}

char first_character(const std::string& body) {
  const std::size_t at = body.find_first_not_of(" \t\r\n\f\xEF\xBB\xBF");
  return at == std::string::npos ? '\0' : body[at];
}

/// nullopt: the row cannot be decoded; treated as a cache miss.
std::optional<SimplePage> decode_page(const std::string& bytes) {
  try {
    return SimplePage::decode(bytes);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<PageIdentity> identity_of(const std::string& key, std::string_view encoded) {
  const auto contents = SimplePage::contents_of(encoded);
  if (!contents) return std::nullopt;
  return PageIdentity{key, *contents};
}

bool has_userinfo(const std::string& url) {
  return url.find('@') != std::string::npos && without_secrets(url) != url;
}

bool is_there(const std::string& index) {
  const auto path = local_path(index);
  return path && stat_at(AT_FDCWD, *path, Links::follow);
}

void append(std::string& list, const std::string& item) {
  if (list.find(item) != std::string::npos) return;
  if (!list.empty()) list += ", ";
  list += item;
}

void add_page(SimplePage& page, SimplePage more) {
  std::move(more.files.begin(), more.files.end(), std::back_inserter(page.files));
  if (!page.status.empty()) return;
  page.status = std::move(more.status);
  page.status_reason = std::move(more.status_reason);
}

bool is_absent(const HttpResponse& response, const IndexLocation& location) {
  const auto& ignored = location.ignored_statuses;
  return is_not_found(response) ||
         std::find(ignored.begin(), ignored.end(), response.status) != ignored.end();
}

std::string shown(const IndexLocation& location) {
  return location.name.empty() ? display_url(location.url)
                               : location.name + " (" + display_url(location.url) + ")";
}

}  // namespace

SimplePage read_page(const std::string& body, const std::string& content_type, const std::string& url) {
  const std::string type = media_type(content_type);
  if (type == "application/vnd.pypi.simple.v1+json" || type == "application/vnd.pypi.simple.latest+json")
    return parse_simple_json(body, url);
  if (type == "text/html" || type == "application/vnd.pypi.simple.v1+html" ||
      type == "application/vnd.pypi.simple.latest+html" || type == "application/xhtml+xml")
    return parse_simple_html(body, url);
  if (first_character(body) == '{') return parse_simple_json(body, url);
  if (first_character(body) == '<') return parse_simple_html(body, url);
  throw Error(ErrorKind::invalid_input,
              "cannot read '" + display_url(url) + "': it is neither HTML nor JSON (" +
                  terminal_line(content_type) + ")",
              "check that the address is that of a package index");
}

ProjectFinder::ProjectFinder(const IndexSettings& settings, DocumentCache& cache, HttpClient& http)
    : settings_(settings), cache_(cache), http_(http), reading_(core_count(32)) {}

/// Parses at most as many pages concurrently as there are cores.
SimplePage ProjectFinder::read(HttpResponse& response) {
  struct Turn {
    std::counting_semaphore<>& semaphore;
    explicit Turn(std::counting_semaphore<>& in) : semaphore(in) { semaphore.acquire(); }
    ~Turn() { semaphore.release(); }
  };
  const Turn turn(reading_);
  const std::string body = std::exchange(response.body, {});
  return read_page(body, response.headers["content-type"], response.effective_url);
}

std::optional<ProjectFiles> ProjectFinder::find(const std::string& name, Reach reach) {
  ProjectFiles result;
  bool is_found = false, was_offline = false;
  const auto take = [&](const IndexLocation& location, Answer answer) {
    append(result.where, shown(location));
    was_offline |= answer.kind == Answer::Kind::offline;
    if (answer.kind != Answer::Kind::page) return false;
    const bool is_only = result.page.files.empty();
    result.identity = is_only ? std::move(answer.identity) : std::nullopt;
    result.index = is_only && !location.is_find_links ? without_credentials(location.url) : std::string();
    add_page(result.page, std::move(answer.page));
    return is_found = true;
  };
  // A package that is bound to one package index is never taken from find-links.
  if (!settings_.bound.contains(name))
    for (const IndexLocation& place : settings_.find_links) {
      Answer answer = ask_flat(place, name, reach);
      if (answer.kind == Answer::Kind::needs_network) return std::nullopt;
      take(place, std::move(answer));
    }
  std::size_t rank = 0;
  for (const IndexLocation& index : indexes_of(name)) {
    Answer answer = ask(index, name, reach);
    if (answer.kind == Answer::Kind::needs_network) return std::nullopt;
    if (settings_.strategy == IndexStrategy::unsafe_first_match)
      for (IndexFile& file : answer.page.files) file.rank = rank;
    ++rank;
    if (take(index, std::move(answer)) && settings_.strategy == IndexStrategy::first_index) break;
  }
  using Absence = ProjectFiles::Absence;
  if (!is_found)
    result.absence = was_offline          ? Absence::offline
                     : settings_.no_index ? Absence::no_index
                                          : Absence::not_found;
  return result;
}

std::vector<IndexLocation> ProjectFinder::indexes_of(const std::string& name) const {
  if (settings_.no_index) return {};
  if (const auto bound = settings_.bound.find(name); bound != settings_.bound.end()) return {bound->second};
  return settings_.indexes;
}

std::optional<CachedPage> ProjectFinder::cached_page(const std::string& name) {
  const std::vector<IndexLocation> indexes = indexes_of(name);
  const bool are_joined = settings_.strategy != IndexStrategy::first_index && indexes.size() > 1;
  if (!settings_.find_links.empty() || indexes.empty() || are_joined) return std::nullopt;
  const IndexLocation& index = indexes.front();
  const std::string url = project_url(index.url, name);
  if (index.is_find_links || local_path(url)) return std::nullopt;
  const std::string key = address_key(url);
  const auto document = cache_.load_head(key, SimplePage::kHeadSize);
  if (!document || !may_use(*document, name)) return std::nullopt;
  const auto contents = SimplePage::contents_of(document->body);
  if (!contents) return std::nullopt;
  return CachedPage{{key, *contents}, shown(index)};
}

bool ProjectFinder::is_refreshed(const std::string& name) const {
  return settings_.refresh || settings_.refresh_packages.contains(name);
}

bool ProjectFinder::may_use(const CachedDocument& document, const std::string& name) const {
  return settings_.offline || (document.is_fresh && !is_refreshed(name));
}

ProjectFinder::Answer ProjectFinder::ask(const IndexLocation& location, const std::string& name,
                                         Reach reach) {
  if (location.is_find_links) return ask_flat(location, name, reach);
  const std::string url = project_url(location.url, name);
  const auto path = local_path(url);
  if (!path) return ask_remote(location, url, name, reach);
  auto page = read_local_page(*path, Folder::project);
  if (!page && !is_there(location.url))
    throw Error(ErrorKind::not_found, "cannot read '" + display_url(location.url) + "': it does not exist",
                "it was given as an index (--index, --default-index or their variables)");
  if (!page) return {};
  return {Answer::Kind::page, std::move(*page)};
}

ProjectFinder::Answer ProjectFinder::ask_flat(const IndexLocation& location, const std::string& name,
                                              Reach reach) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = flat_.find(location.url); known != flat_.end()) {
      std::vector<IndexFile> files = known->second->files_of(name);
      if (files.empty()) return {};
      return {Answer::Kind::page, SimplePage{std::move(files)}};
    }
  }
  const auto path = local_path(location.url);
  if (!path) return take_flat(location.url, ask_remote(location, location.url, name, reach), name);
  auto page = read_local_page(*path, Folder::flat);
  if (!page)
    throw Error(ErrorKind::not_found, "cannot read '" + display_url(location.url) + "': it does not exist",
                "it was given as a place to find packages (--find-links, PIP_FIND_LINKS or UV_FIND_LINKS)");
  return take_flat(location.url, {Answer::Kind::page, std::move(*page)}, name);
}

ProjectFinder::Answer ProjectFinder::take_flat(const std::string& url, Answer answer,
                                               const std::string& name) {
  if (answer.kind != Answer::Kind::page) return answer;
  auto flat = std::make_shared<const FlatFiles>(std::move(answer.page));
  std::vector<IndexFile> files = flat->files_of(name);
  const std::lock_guard lock(mutex_);
  flat_.emplace(url, std::move(flat));
  if (files.empty()) return {};
  return {Answer::Kind::page, SimplePage{std::move(files)}};
}

ProjectFinder::Answer ProjectFinder::ask_remote(const IndexLocation& location, const std::string& url,
                                                const std::string& name, Reach reach) {
  const std::string key = address_key(url);
  std::optional<CachedDocument> known = cache_.load(key);
  if (known && may_use(*known, name))
    if (auto page = decode_page(known->body))
      return {Answer::Kind::page, std::move(*page), identity_of(key, known->body)};
  if (settings_.offline) return {Answer::Kind::offline, {}};
  if (reach == Reach::cache) return {Answer::Kind::needs_network, {}};
  return revalidate(location, url, name, key, std::move(known));
}

ProjectFinder::Answer ProjectFinder::revalidate(const IndexLocation& location, const std::string& url,
                                                const std::string& name, const std::string& key,
                                                std::optional<CachedDocument> known) {
  std::optional<SimplePage> old = known ? decode_page(known->body) : std::nullopt;
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", kAccept}};
  request.size_limit = kLargestPage;
  if (is_refreshed(name)) request.headers.emplace_back("Cache-Control", "no-cache");
  if (old)
    if (auto condition = known->conditional_header()) request.headers.push_back(std::move(*condition));
  HttpResponse response = http_.start(std::move(request)).get();
  if (!location.cache_control.empty()) response.headers["cache-control"] = location.cache_control;
  if (response.status == 304 && old) {
    if (!response.headers.contains("etag") && !response.headers.contains("last-modified"))
      response.headers.insert({"etag", known->validator});
    auto identity = identity_of(key, known->body);
    cache_.save(key, std::move(known->body), response);
    return {Answer::Kind::page, std::move(*old), std::move(identity)};
  }
  if (is_absent(response, location)) {
    cache_.forget(key);
    return {};
  }
  if (response.status != 200) throw_for_status(response, url);
  SimplePage page = read(response);
  // The links contain user names or passwords: use them, but do not store the page.
  if (std::any_of(page.files.begin(), page.files.end(),
                  [](const IndexFile& file) { return has_userinfo(file.url); })) {
    cache_.forget(key);
    return {Answer::Kind::page, std::move(page)};
  }
  std::string body = page.encode();
  auto identity = identity_of(key, body);
  cache_.save(key, std::move(body), response);
  return {Answer::Kind::page, std::move(page), std::move(identity)};
}

}  // namespace envstore
