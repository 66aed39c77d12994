#pragma once
#include <memory>
#include <string>
#include <vector>

#include "python/build/source_build.h"
#include "python/interpreter/interpreter.h"
#include "python/provision/build_environments.h"

namespace envstore {

/// The distributions that a build without isolation sees, `name==version`, sorted. Empty if the interpreter
/// cannot tell.
std::vector<std::string> installed_distributions(const Interpreter& interpreter);

/// The environment of builds without isolation, as uv means it: that of the interpreter, under the path by
/// which it was found (a virtual environment's has its packages). What a build requires is neither installed
/// nor asked of its backend; the variables of this process stay as they are.
class SharedEnvironment final : public BuildEnvironments {
 public:
  /// Everything must outlive this object.
  SharedEnvironment(const BuildContext& context, const BuildChain& build, std::vector<std::string> pins)
      : context_(context), build_(build), pins_(std::move(pins)) {}
  bool has_what_is_required() const override { return false; }
  std::unique_ptr<BuildEnvironment> make(const std::vector<pypackaging::Requirement>& requirements,
                                         const std::string& label) override;

 private:
  const BuildContext& context_;
  const BuildChain& build_;
  const std::vector<std::string> pins_;
};

}  // namespace envstore
