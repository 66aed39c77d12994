#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "python/index/index_client.h"

namespace envstore {

/// Receives the progress of providing an environment; implemented by cli for a terminal. Thread-safe.
class Progress : public TransferObserver {
 public:
  virtual void resolving(const std::string& what) = 0;  ///< the package being looked at
  virtual void resolved(std::size_t packages) = 0;
  virtual void unpacking(const std::string& filename) = 0;
  virtual void unpacked(const std::string& filename) = 0;
  virtual void building(const std::string& what) { (void)what; }  ///< name and version
  /// Output of a build while it arrives: parts of lines, maybe of several builds.
  virtual void build_output(std::string_view text) { (void)text; }
  virtual void warning(const std::string& text) = 0;
  /// One of the values from which a run is made, as JSON. Called only if is_verbose().
  virtual void value(const char* name, const std::string& json) { (void)name, (void)json; }
  /// Whether messages may be longer than a screen.
  virtual bool is_verbose() const { return false; }
};

}  // namespace envstore
