#include "python/provision/shared_environment.h"

#include <algorithm>

#include "python/launch/environment.h"
#include "store/leases/lease.h"
#include "store/platform/path_parts.h"
#include "store/process/child.h"
#include "store/process/child_output.h"
#include "store/process/process_roles.h"

namespace envstore {
namespace {

constexpr const char* kListing =
    "import importlib.metadata as m\n"
    "for d in m.distributions():\n"
    "    print('%s==%s' % (d.metadata['Name'], d.version))\n";

void set(std::vector<std::string>& entries, const std::string& name, const std::string& value) {
  std::erase_if(entries, [&](const std::string& entry) { return entry.starts_with(name + "="); });
  entries.push_back(name + "=" + value);
}

/// Holds a lease only to have a name by which its processes are found.
class OneBuild final : public BuildEnvironment {
 public:
  OneBuild(Lease lease, std::string python, std::vector<std::string> pins, std::vector<std::string> variables,
           RunningBuilds& running)
      : lease_(std::move(lease)),
        python_(std::move(python)),
        pins_(std::move(pins)),
        variables_(std::move(variables)),
        running_(running) {
    running_.add(lease_.name());
  }
  ~OneBuild() override { running_.remove(lease_.name()); }

  const std::string& python() const override { return python_; }
  std::vector<std::string> environment() const override {
    auto entries = own_environment();
    const std::string path(value_in(entries, "PATH"));
    set(entries, "PATH", directory_of(python_) + (path.empty() ? "" : ":" + path));
    set(entries, std::string(role::kLeaseVariable), lease_.name());
    for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable) {
      const std::size_t equals = variable->find('=');
      set(entries, variable->substr(0, equals), variable->substr(equals + 1));
    }
    return entries;
  }
  std::vector<std::string> pins() const override { return pins_; }

 private:
  Lease lease_;
  const std::string python_;
  const std::vector<std::string> pins_, variables_;
  RunningBuilds& running_;
};

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

}  // namespace

std::vector<std::string> installed_distributions(const Interpreter& interpreter) {
  constexpr std::chrono::seconds kLongest{60};
  const Captured captured = capture({.arguments = {interpreter.found_as, "-B", "-c", kListing},
                                     .input = kNullDevice,
                                     .directory = "/",
                                     .abandoned = Abandoned::kill},
                                    CapturedStreams::output, {kLongest});
  return succeeded(captured.status) ? sorted_lines(captured.output) : std::vector<std::string>();
}

std::unique_ptr<BuildEnvironment> SharedEnvironment::make(const std::vector<pypackaging::Requirement>&,
                                                          const std::string& label) {
  std::vector<std::string> variables;
  const auto& of_packages = context_.settings.build.extra_variables;
  if (const auto own = of_packages.find(build_.name); own != of_packages.end()) variables = own->second;
  auto lease = Lease::acquire(context_.store, LeaseKind::ingest, {}, "build of " + label);
  return std::make_unique<OneBuild>(std::move(*lease), context_.interpreter.found_as, pins_,
                                    std::move(variables), build_.running);
}

}  // namespace envstore
