#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>

#include <map>
#include <string>
#include <vector>

#include "python/wheel/wheel.h"
#include "store/index/index.h"
#include "store/platform/error.h"
#include "tests/store/temporary_directory.h"
#include "wheel_builder.h"

namespace envstore::test {

/// A store with an ingest lease, into which wheels are ingested.
class World {
 public:
  World() : store_(Store::open(folder_.path() + "/store", clock_)), lease_(take_lease()) {}

  Store& store() { return store_; }

  TreeId ingest(const std::string& archive, const WheelOrigin& origin) {
    const std::string wheel = folder_.path() + "/" + origin.filename;
    unlink_if_there(AT_FDCWD, wheel);
    create_file(AT_FDCWD, wheel, archive, 0600);
    return ingest_wheel(store_, lease_, workers_, wheel, origin);
  }
  TreeId ingest(const WheelParts& wheel) { return ingest(wheel.archive(), {.filename = wheel.filename()}); }
  TreeId ingest_again(const WheelOrigin& origin, const std::string& path) {
    return ingest_wheel(store_, lease_, workers_, path, origin);
  }

  std::string reason(const std::string& archive, const WheelOrigin& origin) {
    try {
      ingest(archive, origin);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
      CHECK(list_directory(store_.root(), store_paths::kTrees).empty());
      CHECK(list_directory(store_.root(), lease_.tmp_directory()).empty());
      return error.what();
    }
    return "accepted";
  }
  std::string reason(const WheelParts& wheel) {
    return reason(wheel.archive(), {.filename = wheel.filename()});
  }

  std::map<std::string, std::string> files(const TreeId& id) {
    std::map<std::string, std::string> found;
    const TreeManifest manifest = TreeManifest::load(store_, id);
    for (const TreeEntry& entry : manifest.entries())
      found[entry.path + (entry.executable == Executable::yes ? "*" : "")] =
          read_file(store_.root(), store_paths::tree(id) + "/" + entry.path);
    return found;
  }
  TreeRow row(const TreeId& id) { return store_.index().read().tree(id).value(); }

 private:
  Lease take_lease() { return *Lease::acquire(store_, LeaseKind::ingest, {}, "test"); }

  TemporaryDirectory folder_;
  SystemClock clock_;
  Store store_;
  Lease lease_;
  WheelWorkers workers_{2};
};

inline WheelParts a_wheel() {
  WheelParts wheel;
  wheel.files = {{.name = "pkg/__init__.py", .content = "x = 1\n"}};
  return wheel;
}

/// Ingests the wheel and returns the warnings.
inline std::vector<std::string> warnings_of(World& world, const WheelParts& wheel) {
  std::vector<std::string> warnings;
  world.ingest(wheel.archive(), {.filename = wheel.filename(),
                                 .on_warning = [&](const std::string& text) { warnings.push_back(text); }});
  return warnings;
}

}  // namespace envstore::test
