#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "python/settings/setting_table.h"

namespace envstore {

/// One value of a setting and its origin.
struct SettingValue {
  /// As written; of a place the URL or the absolute path, of yes_no `true` or `false`.
  std::string value;
  std::string source;                      ///< a flag, a variable, a file with its line, or "built in"
  std::string name = {};                   ///< of an index; of a package cut-off the normalised package
  bool is_flat = false;                    ///< IndexLocation::is_find_links
  bool is_explicit = false;                ///< IndexLocation::is_explicit
  std::vector<int> ignored_statuses = {};  ///< IndexLocation::ignored_statuses
  std::string cache_control = {};          ///< IndexLocation::cache_control
  bool operator==(const SettingValue&) const = default;
};

/// How two lists of one setting become one. `joined`: concatenated. `first_wins`: the lower one counts only
/// if the upper one is empty.
enum class Lists { joined, first_wins };

/// The settings of one source, or of several merged.
class SettingsLayer {
 public:
  using Values = std::map<const SettingSpec*, std::vector<SettingValue>>;

  /// In the order of the table.
  const Values& values() const& { return values_; }
  /// A loop over the values of a temporary would outlive it.
  const Values& values() const&& = delete;
  /// Empty if the setting is not set. Throws std::logic_error if there is no such setting.
  std::span<const SettingValue> of(std::string_view setting) const&;
  std::span<const SettingValue> of(std::string_view setting) const&& = delete;
  /// The first value; nullptr if the setting is not set.
  const SettingValue* find(std::string_view setting) const;
  /// Whether a yes_no setting is set to yes.
  bool is_on(std::string_view setting) const;

  /// Appends to a list, replaces the cut-off of the same package, replaces any other value.
  void add(const SettingSpec& setting, SettingValue value);
  /// Takes from `lower` each setting, and the cut-off of each package, that this layer does not have.
  void fill_from(const SettingsLayer& lower, Lists lists);
  bool operator==(const SettingsLayer&) const = default;

 private:
  Values values_;
};

/// Reads a value from a flag, a variable or a configuration file. Relative paths start at `directory`; if it
/// is empty, at the working directory. Throws Error{usage}.
SettingValue read_setting(SettingKind kind, std::string_view written, std::string source,
                          const std::string& directory = {});
/// The built-in values.
SettingsLayer built_in_settings(SettingTable table = setting_table());

/// Throws Error{usage} if the value is neither yes nor no. An empty one means no.
bool parse_boolean(const SettingValue& value);
/// Throws Error{usage}: `value` is not a valid `what`; `allowed` describes the valid values.
[[noreturn]] void throw_bad_value(const SettingValue& value, std::string_view what, std::string_view allowed);

}  // namespace envstore
