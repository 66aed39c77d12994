#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace envstore {

/// One flag of a command. Its parsing, help text and table row in the command's page are derived from it.
struct OptionSpec {
  std::string_view name;          ///< long name without dashes
  char short_name = 0;            ///< 0: none
  std::string_view value = {};    ///< name of the value in the help text; empty: a switch
  std::string_view help = {};     ///< empty: not in the help; the flag has no effect or is refused
  std::string_view refusal = {};  ///< not empty: the flag (of uv) is refused with this hint
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
  friend Arguments parse_arguments(std::span<const OptionSpec>, Positionals, const std::vector<std::string>&);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> positionals_;
};

/// Flags that every command has: --store, -q, -v, --offline, --help.
std::span<const OptionSpec> global_options();

/// Parses `options` and the global flags: `--name value`, `--name=value`, `-nvalue`, `-n value`, `-abc` for
/// switches; `--` ends the flags. Throws Error{usage} that suggests the nearest flag for an unknown one, and
/// the alternative for one that is refused.
Arguments parse_arguments(std::span<const OptionSpec> options, Positionals positionals,
                          const std::vector<std::string>& words);

/// How many leading words are flags (with their values) rather than positionals.
std::size_t leading_flags(std::span<const OptionSpec> options, const std::vector<std::string>& words);

/// The flags with their help in two columns, for a terminal 80 columns wide.
std::string describe_options(std::span<const OptionSpec> options);

}  // namespace envstore
