#include "python/network/http.h"

#include <dlfcn.h>

#include <cerrno>
#include <cstring>

#include "python/network/module.h"
#include "store/platform/error.h"
#include "store/platform/limits.h"

namespace envstore {
namespace {

[[noreturn]] void throw_unloadable() {
  const char* reason = dlerror();
  const std::string text = reason != nullptr ? reason : "unknown reason";
  const char* hint = "the installation is incomplete: install envstore again, or run offline";
  if (text.find("failed to map") != std::string::npos || text.find("allocate memory") != std::string::npos)
    hint = kMemoryHint;
  if (text.find(strerrordesc_np(EMFILE)) != std::string::npos)
    hint = "raise the limit of open files (`ulimit -n`)";
  throw Error(ErrorKind::unsupported, std::string("cannot load '") + kNetworkModule + "': " + text, hint);
}

/// Loaded once and never unloaded: threads and callbacks of the libraries that it loads may outlive a client.
MakeHttpClient load_module() {
  void* module = dlopen(kNetworkModule, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw_unloadable();
  void* entry = dlsym(module, kNetworkEntry);
  if (entry == nullptr) throw_unloadable();
  return reinterpret_cast<MakeHttpClient>(entry);
}

}  // namespace

std::unique_ptr<HttpClient> make_http_client(const HttpSettings& settings) {
  static const MakeHttpClient make = load_module();
  return std::unique_ptr<HttpClient>(make(settings));
}

}  // namespace envstore
