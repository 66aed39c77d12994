#include "python/index/http_settings.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "python/index/keyring.h"
#include "store/platform/error.h"
#include "store/platform/files.h"
#include "store/platform/home.h"
#include "store/platform/user_file.h"

namespace envstore {
namespace {

constexpr std::array kBundleVariables = {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"};
constexpr std::array kHashedDirectories = {"/etc/ssl/certs", "/etc/pki/tls/certs",
                                           "/system/etc/security/cacerts"};
constexpr std::array kBundles = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                 "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

std::string value_of(const Variables& variables, const std::string& name) {
  return variables(name).value_or(std::string());
}

/// Whether the name is an OpenSSL hash name of a certificate, such as `4a6481c9.0`.
bool is_hash_name(const std::string& name) {
  const std::size_t dot = name.find('.');
  return dot == 8 && name.size() > 9 && name.find_first_not_of("0123456789abcdef") == dot &&
         name.find_first_not_of("0123456789", dot + 1) == std::string::npos;
}

bool is_hashed_directory(const std::string& path) {
  try {
    const std::vector<DirectoryEntry> entries = list_directory(AT_FDCWD, path);
    return std::any_of(entries.begin(), entries.end(),
                       [](const DirectoryEntry& e) { return is_hash_name(e.name); });
  } catch (const std::exception&) {
    return false;  // missing, or no permission to read it
  }
}

bool is_there(const std::string& path) {
  return stat_at(AT_FDCWD, path, Links::follow).has_value();
}

void find_certificates(const Variables& variables, const TransferSettings& transfers,
                       HttpSettings& settings) {
  for (const char* name : kBundleVariables)
    if (settings.ca_bundle.empty()) settings.ca_bundle = value_of(variables, name);
  if (settings.ca_bundle.empty()) settings.ca_bundle = transfers.certificates;
  // As in requests, the bundle variables may name a directory.
  if (const auto stamp =
          settings.ca_bundle.empty() ? std::nullopt : stat_at(AT_FDCWD, settings.ca_bundle, Links::follow);
      stamp && stamp->is_directory())
    settings.ca_directory = std::exchange(settings.ca_bundle, {});
  if (const std::string directory = value_of(variables, "SSL_CERT_DIR"); !directory.empty())
    settings.ca_directory = directory;
  if (!settings.ca_bundle.empty() || !settings.ca_directory.empty()) return;
  for (const char* directory : kHashedDirectories)
    if (settings.ca_directory.empty() && is_hashed_directory(directory)) settings.ca_directory = directory;
  if (!settings.ca_directory.empty()) return;
  for (const char* bundle : kBundles)
    if (settings.ca_bundle.empty() && is_there(bundle)) settings.ca_bundle = bundle;
}

void take_transfers(const Variables& variables, const TransferSettings& transfers, HttpSettings& settings) {
  settings.client_certificate = value_of(variables, "SSL_CLIENT_CERT");
  if (settings.client_certificate.empty()) settings.client_certificate = transfers.client_certificate;
  settings.insecure_hosts = transfers.insecure_hosts;
  settings.http_proxy = transfers.http_proxy;
  settings.https_proxy = transfers.https_proxy;
  for (const std::string& host : transfers.no_proxy)
    settings.no_proxy += (settings.no_proxy.empty() ? "" : ",") + host;
}

std::string find_netrc(const Variables& variables) {
  if (const std::string named = value_of(variables, "NETRC"); !named.empty()) return named;
  std::string home = value_of(variables, "HOME");
  if (home.empty()) home = home_directory();
  for (const char* name : {"/.netrc", "/_netrc"})
    if (!home.empty() && is_there(home + name)) return home + name;
  return {};
}

/// libcurl reads netrc only as UTF-8 without a byte order mark: for a file with one, returns the path of a
/// converted copy in memory.
std::string without_byte_order_mark(const std::string& path) {
  constexpr std::size_t kLargest = 1 << 20;
  char start[3] = {};
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat stamp {};
  if (!file || ::fstat(file.get(), &stamp) != 0 || !S_ISREG(stamp.st_mode)) return path;
  const ssize_t size = ::pread(file.get(), start, sizeof start, 0);
  const std::string_view read(start, size < 0 ? 0 : static_cast<std::size_t>(size));
  if (!read.starts_with("\xef\xbb\xbf") && !read.starts_with("\xff\xfe") && !read.starts_with("\xfe\xff"))
    return path;
  const std::string text = read_user_text(path, kLargest).value_or(std::string());
  static Fd copy;  // its path stays valid until the process ends
  copy = Fd(::memfd_create("netrc", MFD_CLOEXEC));
  if (!copy || ::write(copy.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return path;
  return "/proc/self/fd/" + std::to_string(copy.get());
}

bool asks_keyring(const Variables& variables) {
  for (const char* name : {"ENVSTORE_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER", "PIP_KEYRING_PROVIDER"})
    if (const std::string provider = value_of(variables, name); !provider.empty())
      return provider == "subprocess";
  return false;
}

std::optional<int> timeout_of(const Variables& variables, const std::string& name,
                              std::optional<int> (*parse)(std::string_view)) {
  const std::string text = value_of(variables, name);
  if (text.empty()) return std::nullopt;
  if (const auto seconds = parse(text)) return seconds;
  throw Error(ErrorKind::usage, "cannot use '" + text + "' as a time limit (" + name +
                                    "): it must be a whole number of seconds from 1 to 86400");
}

}  // namespace

HttpSettings http_settings(const Variables& variables, const TransferSettings& transfers) {
  HttpSettings settings;
  settings.user_agent = "envstore/" ENVSTORE_VERSION;
  find_certificates(variables, transfers, settings);
  take_transfers(variables, transfers, settings);
  if (const std::string netrc = find_netrc(variables); !netrc.empty())
    settings.netrc = without_byte_order_mark(netrc);
  if (const auto seconds = timeout_of(variables, "PIP_DEFAULT_TIMEOUT", parse_fractional_timeout))
    settings.stall_timeout_seconds = *seconds;  // limits silence only
  for (const char* name : {"UV_REQUEST_TIMEOUT", "UV_HTTP_TIMEOUT", "ENVSTORE_HTTP_TIMEOUT"})
    if (const auto seconds = timeout_of(variables, name, parse_timeout_seconds))
      settings.stall_timeout_seconds = settings.patience_seconds = *seconds;
  settings.connect_timeout_seconds =
      std::min(settings.connect_timeout_seconds, settings.stall_timeout_seconds);
  if (asks_keyring(variables)) settings.ask_credentials = ask_keyring;
  return settings;
}

}  // namespace envstore
