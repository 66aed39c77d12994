#pragma once
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "python/settings/setting_table.h"

namespace envstore {

/// The flags of a command: its own, and those of settings.
class OptionTable {
 public:
  using Settings = SettingTable (*)();

  constexpr OptionTable() = default;
  /// Own flags alone.
  template <std::size_t count>
  constexpr OptionTable(const OptionSpec (&own)[count]) : own_(own) {}
  /// With the flags of the settings whose SettingSpec::command is one of `commands`.
  constexpr OptionTable(std::span<const OptionSpec> own, std::initializer_list<FlagsOf> commands,
                        Settings settings = setting_table)
      : own_(own), settings_(settings) {
    for (const FlagsOf command : commands) commands_ |= bit(command);
  }

  /// Calls `act` for each flag until it returns true.
  template <class Act>
  void each(Act&& act) const {
    for (const OptionSpec& option : own_)
      if (act(option)) return;
    if (commands_ == 0) return;
    for (const SettingSpec& setting : settings_()) {
      if ((commands_ & bit(setting.command)) == 0) continue;
      for (const OptionSpec& option : setting.all_flags())
        if (act(option)) return;
    }
  }

 private:
  static constexpr unsigned bit(FlagsOf command) { return 1U << static_cast<unsigned>(command); }

  std::span<const OptionSpec> own_;
  unsigned commands_ = 0;
  Settings settings_ = nullptr;
};

/// Whether a command takes positionals, and whether the words after the first one belong to the program that
/// it starts.
enum class Positionals { none, any, first_ends_options };

/// A parsed command line.
class Arguments {
 public:
  bool has(std::string_view name) const { return values_.contains(name); }
  std::string value(std::string_view name) const;  ///< the last one given; empty if none
  std::vector<std::string> values(std::string_view name) const;
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend Arguments parse_arguments(const OptionTable&, Positionals, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positionals_;
};

/// Flags that every command has: --store, -q, -v, --offline, --help.
const OptionTable& global_options();

/// Parses `options` and the global flags: `--name value`, `--name=value`, `-nvalue`, `-n value`, `-abc` for
/// switches; `--` ends the flags. Throws Error{usage} that suggests the nearest flag for an unknown one, and
/// the alternative for one that is refused.
Arguments parse_arguments(const OptionTable& options, Positionals positionals,
                          const std::vector<std::string>& words);

/// How many leading words are flags (with their values) rather than positionals.
std::size_t leading_flags(const OptionTable& options, const std::vector<std::string>& words);

/// The flags with their help in two columns, for a terminal 80 columns wide.
std::string describe_options(const OptionTable& options);

}  // namespace envstore
