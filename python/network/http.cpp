#include "python/network/http.h"

#include <dlfcn.h>

#include "python/network/module.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

[[noreturn]] void throw_unloadable() {
  const char* reason = dlerror();
  throw Error(
      ErrorKind::unsupported,
      std::string("cannot load '") + kNetworkModule + "': " + (reason != nullptr ? reason : "unknown reason"),
      "the installation is incomplete: install envstore again, or run offline");
}

/// Loaded once and never unloaded: threads and callbacks of libraries behind it may outlive a client.
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
