#include "cli/output/findings.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/output/progress.h"
#include "python/index/index_client.h"
#include "python/interpreter/interpreter.h"
#include "store/index/root_path.h"
#include "store/index/store_folders.h"
#include "store/leases/private_directory.h"
#include "store/platform/environment.h"
#include "store/platform/error.h"
#include "store/platform/filesystem_kind.h"
#include "store/platform/format.h"
#include "store/platform/home.h"
#include "store/platform/lock.h"
#include "store/platform/path_parts.h"
#include "store/platform/random.h"
#include "store/platform/store_paths.h"

namespace envstore {
namespace {

using Verdict = Finding::Verdict;

/// The store's directory, or its nearest existing parent.
std::string existing_part(std::string path) {
  while (path.size() > 1 && ::access(path.c_str(), F_OK) != 0)
    path.erase(std::max<std::size_t>(path.rfind('/'), 1));
  return path;
}

Finding examine_filesystem(const std::string& kind) {
  if (is_allowed_for_index(kind))
    return {Verdict::good, "filesystem: " + kind,
            "locks, hard links and renames work as the store needs them"};
  return {Verdict::problem, "filesystem: " + kind,
          "the index cannot be trusted on it: its locks or memory maps may not hold between processes",
          "set ENVSTORE_ROOT to a directory on a local disk (ext4, xfs, btrfs, zfs, ...)"};
}

Finding examine_rights(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return {Verdict::problem, format_text("rights: '{}' cannot be looked at", path), "no store can be there",
            "set ENVSTORE_ROOT to a directory of yours"};
  if (status.st_uid != ::geteuid())
    return {Verdict::problem, format_text("rights: '{}' belongs to user {}", path, status.st_uid),
            "a store belongs to one user, who trusts what is in it",
            "set ENVSTORE_ROOT to a directory of yours"};
  if ((status.st_mode & 022) != 0)
    return {Verdict::problem, format_text("rights: others may write to '{}'", path),
            "they could change what your programs run", format_text("chmod go-w '{}'", path)};
  return {Verdict::good, format_text("rights: '{}' may be written to by you only", path),
          "nobody else changes the store"};
}

Finding examine_space(const std::string& path) {
  constexpr std::uint64_t kLittle = std::uint64_t{1} << 30;
  struct statvfs space {};
  if (::statvfs(path.c_str(), &space) != 0)
    return {Verdict::note, "free space: unknown", "the filesystem does not say"};
  const std::uint64_t free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  const std::string what = "free space: " + describe_bytes(free_bytes);
  if (space.f_files > 0 && space.f_favail == 0)
    return {Verdict::problem, "free space: no inodes left", "no file can be made",
            "remove files on that disk"};
  if (free_bytes < kLittle)
    return {Verdict::problem, what, "a new environment may not fit",
            "free some, or set ENVSTORE_ROOT to another disk"};
  return {Verdict::good, what, "enough for new environments"};
}

/// Creates a file, locks it through two open file descriptions, and links it; removes both names again.
std::vector<Finding> examine_locks_and_links(const std::string& path) {
  std::vector<Finding> findings;
  const Fd directory = open_directory(AT_FDCWD, path);
  const std::string name = ".doctor-" + random_name(), link = name + "-link";
  try {
    create_file(directory.get(), name, "", 0600);
    const Fd first = open_file(directory.get(), name, O_RDWR),
             second = open_file(directory.get(), name, O_RDWR);
    const bool excludes =
        try_lock(first.get(), 0, LockMode::exclusive) && !try_lock(second.get(), 0, LockMode::exclusive);
    findings.push_back(
        excludes ? Finding{Verdict::good, "locks: work", "runs at the same time do not disturb each other"}
                 : Finding{Verdict::problem, "locks: do not exclude",
                           "runs at the same time could damage the index",
                           "set ENVSTORE_ROOT to a directory on a local disk"});
    const bool links = link_at(directory.get(), name, directory.get(), link) == LinkResult::linked;
    findings.push_back(links
                           ? Finding{Verdict::good, "hard links: work", "each file is stored once"}
                           : Finding{Verdict::problem, "hard links: refused", "snapshots cannot share files",
                                     "set ENVSTORE_ROOT to a directory on a local disk"});
  } catch (const Error& error) {
    findings.push_back({Verdict::problem, format_text("writing: {}", error.what()),
                        "existing environments run; nothing new can be made", error.hint()});
  }
  for (const std::string& made : {link, name}) ::unlinkat(directory.get(), made.c_str(), 0);
  return findings;
}

/// Checks that a run can make its directory outside of a read-only store.
std::vector<Finding> examine_read_only(const std::string& path) {
  std::vector<Finding> findings = {{Verdict::note, format_text("read-only: '{}'", path),
                                    "existing environments run; nothing is made, "
                                    "updated, compiled, removed or repaired",
                                    format_text("to change that, {}", kWritableStoreHint)}};
  try {
    const PrivateDirectory made = make_private_directory();
    remove_tree(AT_FDCWD, made.path);
    findings.push_back({Verdict::good, format_text("directories of runs: in '{}'", directory_of(made.path)),
                        "a run writes its own files outside the store"});
  } catch (const Error& error) {
    findings.push_back({Verdict::problem, error.what(), "nothing can be run", error.hint()});
  }
  return findings;
}

/// Reports missing folders and makes them again. Runs before the store is used, because code that needs a
/// missing folder makes it and hides the loss.
void examine_folders(const std::string& root, std::vector<Finding>& findings) {
  const Fd directory = open_directory(AT_FDCWD, root);
  if (!stat_at(directory.get(), store_paths::kFormatFile, Links::do_not_follow)) return;
  for (const std::string& path : obstacles(directory.get()))
    findings.push_back({Verdict::problem, format_text("folders: '{}' is something else", path),
                        "what needs it fails", "`envstore verify --repair` removes it"});
  std::string missing;
  for (const char* folder : kStoreFolders)
    if (!stat_at(directory.get(), folder, Links::do_not_follow) &&
        make_directory_if_missing(directory.get(), folder, 0700))
      missing += (missing.empty() ? "" : ", ") + std::string(folder);
  if (missing.empty()) return;
  findings.push_back({Verdict::note, format_text("folders: {} missing, made again", missing),
                      "a cleaner of old files or empty folders is at work in the store",
                      format_text("exclude '{}' from it, then `envstore verify`", root)});
}

/// Warns of directories in which systemd-tmpfiles and tmpreaper remove files that were not used for 10 or 30
/// days.
void examine_cleaners(const std::string& root, std::vector<Finding>& findings) {
  const std::string real = real_path(root).value_or(root);
  for (const char* place : {"/tmp/", "/var/tmp/", "/dev/shm/"})
    if (real.starts_with(place))
      findings.push_back({Verdict::note, format_text("location: '{}' is below {}", root, place),
                          "cleaners remove old files there one by one, and a reboot may remove all",
                          "set ENVSTORE_ROOT to another directory, or exclude it from tmpfiles.d"});
}

/// Checks whether the path of the store (`root`, as written) and its mount allow programs of an environment
/// to be found and started.
void examine_starting(const std::string& root, const std::string& path, std::vector<Finding>& findings) {
  if (const auto reason = reason_against_path(root))
    findings.push_back(
        {Verdict::problem, format_text("path: no store can be at '{}'", root), *reason, kRootPathHint});
  findings.push_back(
      is_on_noexec_mount(path)
          ? Finding{Verdict::problem,
                    format_text("mount: nothing may be executed on it (noexec): '{}'", path),
                    "scripts run; compiled modules and commands of packages do not load from it",
                    "remount it with exec, or set ENVSTORE_ROOT to a directory on another mount"}
          : Finding{Verdict::good, "mount: programs may be executed on it", "commands of packages start"});
}

Finding examine_boot() {
  try {
    return {Verdict::good, "boot id: " + boot_id(), "volatile data of earlier boots is recognised"};
  } catch (const Error& error) {
    return {
        Verdict::problem, format_text("boot id: {}", error.what()),
        "leases of an earlier boot cannot be distinguished from live ones: nothing can be run or collected",
        error.hint()};
  }
}

Finding examine_certificates() {
  for (const char* name :
       {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"}) {
    const std::string path = variable_or_empty(name);
    if (path.empty()) continue;
    if (::access(path.c_str(), R_OK) == 0)
      return {Verdict::good, format_text("certificates: {} ({})", path, name), "used to check every index"};
    return {Verdict::problem, format_text("certificates: '{}' cannot be read ({})", path, name),
            "no index can be trusted, so none is used", format_text("correct or unset {}", name)};
  }
  for (const char* path : {"/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/ssl/cert.pem"})
    if (::access(path, R_OK) == 0)
      return {Verdict::good, format_text("certificates: {}", path), "the system's own"};
  return {Verdict::problem, "certificates: none found", "no index can be trusted, so none is used",
          "install the package ca-certificates, or set SSL_CERT_FILE"};
}

/// Requests a project that the index may lack: only whether the index answers matters.
Finding examine_index(StoreWriter& store, const SettingValue& index, bool uses_keyring) {
  const std::string where = format_text("index: {} ({})", display_url(index.value), index.source);
  IndexSettings settings;
  settings.indexes.push_back(index_location(index));
  settings.refresh = true;
  settings.use_keyring = uses_keyring;
  try {
    IndexClient client(store, settings, nullptr);
    client.project("pip").get();
    return {Verdict::good, where, "it answers"};
  } catch (const Error& error) {
    return {Verdict::problem, where, error.what(),
            error.hint().empty() ? "check the address and the network, or use --offline" : error.hint()};
  }
}

}  // namespace

std::vector<Finding> examine_place(const std::string& root) {
  const std::string path = existing_part(root);
  std::vector<Finding> findings;
  FilesystemFacts facts;
  try {
    const Fd directory = open_directory(AT_FDCWD, path);
    facts = filesystem_facts(directory.get());
    findings.push_back(examine_filesystem(facts.kind));
    if (path == root && !facts.is_read_only && is_unwritable(directory.get())) {
      facts.is_read_only = true;
      findings.push_back(
          {Verdict::note, format_text("rights: no user may write to '{}'", path),
           "it counts as a read-only store",
           format_text("to write to it again: `chmod -R u+w '{}'`, then `envstore verify --repair`, "
                       "which makes its files read-only again",
                       path)});
    }
  } catch (const Error& error) {
    findings.push_back({Verdict::problem, format_text("directory: {}", error.what()), "no store can be there",
                        "set ENVSTORE_ROOT to a directory of yours"});
    return findings;
  }
  if (path == root) {
    findings.push_back(examine_rights(path));
    if (!facts.is_read_only && findings.back().verdict == Verdict::good) examine_folders(root, findings);
  }
  examine_starting(root, path, findings);
  examine_cleaners(root, findings);
  if (!facts.is_read_only) findings.push_back(examine_space(path));
  std::vector<Finding> use = facts.is_read_only ? examine_read_only(path) : examine_locks_and_links(path);
  for (Finding& finding : use) findings.push_back(std::move(finding));
  findings.push_back(examine_boot());
  return findings;
}

std::vector<Finding> examine_interpreters(StoreWriter& store) {
  DiscoveryInputs inputs;
  inputs.path_variable = variable_or_empty("PATH");
  inputs.virtual_env = variable_or_empty("VIRTUAL_ENV");
  inputs.home = home_directory();
  std::vector<Finding> findings;
  for (const Interpreter& interpreter : InterpreterFinder(store).all(inputs))
    findings.push_back({Verdict::good,
                        format_text("interpreter: {} {} ({})", interpreter.implementation,
                                    interpreter.version, interpreter.path),
                        format_text("--python {}.{} finds it", interpreter.major, interpreter.minor)});
  if (findings.empty())
    findings.push_back({Verdict::problem, "interpreter: none found", "nothing can be run",
                        "install Python 3, or name one with --python"});
  return findings;
}

std::vector<Finding> examine_network(StoreWriter& store, const SettingsLayer& settings) {
  std::vector<Finding> findings = {examine_certificates()};
  if (settings.is_on("offline")) {
    findings.push_back(
        {Verdict::note, "index: not checked", "offline is set (" + settings.find("offline")->source + ")"});
    return findings;
  }
  if (settings.is_on("no-index")) {
    findings.push_back(
        {Verdict::note, "index: none", "no index is used (" + settings.find("no-index")->source + ")"});
    return findings;
  }
  const SettingValue* keyring = settings.find("keyring-provider");
  const bool uses_keyring = keyring != nullptr && keyring->value == "subprocess";
  for (const char* setting : {"index", "default-index"})
    for (const SettingValue& index : settings.of(setting))
      findings.push_back(examine_index(store, index, uses_keyring));
  return findings;
}

}  // namespace envstore
