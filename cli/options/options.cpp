#include "cli/options/options.h"

#define CXXOPTS_NO_REGEX
#define CXXOPTS_VECTOR_DELIMITER '\0'

#include <algorithm>
#include <cxxopts.hpp>

#include "cli/options/suggest.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOwnGlobalOptions[] = {
    {"store", 0, "DIRECTORY", "the store's directory (also ENVSTORE_ROOT)"},
    {"quiet", 'q', {}, "print errors only"},
    {"verbose", 'v', {}, "print decisions and their reasons"},
    {"help", 'h', {}, "print the help of the command"},
};
constexpr OptionTable kGlobalOptions{kOwnGlobalOptions, {FlagsOf::every_command}};

/// `name` or `short_name` is empty. nullptr: there is no such flag.
const OptionSpec* find_option(const OptionTable& options, std::string_view name, char short_name) {
  const OptionSpec* found = nullptr;
  const auto is_wanted = [&](const OptionSpec& option) {
    if (short_name != 0 ? option.short_name == short_name : option.name == name) found = &option;
    return found != nullptr;
  };
  options.each(is_wanted);
  if (found == nullptr) kGlobalOptions.each(is_wanted);
  return found;
}

void refuse(const OptionSpec& option) {
  if (option.refusal.empty()) return;
  throw Error(ErrorKind::usage,
              format_text("cannot use '--{}': envstore does not support this flag of uv", option.name),
              std::string(option.refusal));
}

[[noreturn]] void throw_unknown(const OptionTable& options, const std::string& word) {
  const std::string written = word.substr(0, word.find('='));
  std::vector<std::string> known;
  const auto add = [&](const OptionSpec& option) {
    known.push_back("--" + std::string(option.name));
    return false;
  };
  options.each(add);
  kGlobalOptions.each(add);
  const auto nearest = nearest_word(written, known);
  throw Error(ErrorKind::usage, format_text("cannot use '{}': there is no such flag", written),
              nearest ? format_text("did you mean '{}'?", *nearest) : "--help lists the flags");
}

bool is_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

using Used = std::vector<const OptionSpec*>;

/// The words of a command line: flags in the long form with their values, and positionals. cxxopts cannot end
/// its words at the first positional, allows only letters and digits in a cluster, and registers only the few
/// flags that are given, not the hundred that a run has.
struct Divided {
  std::vector<std::string> flags;
  std::vector<std::string> positionals;
  std::size_t leading = 0;  ///< words before the first positional
  Used used;
};

class Divider {
 public:
  Divider(const OptionTable& options, const std::vector<std::string>& words)
      : options_(options), words_(words) {}

  Divided divide(Positionals allowed) {
    bool are_flags_over = false;
    while (at_ < words_.size() && !are_flags_over) {
      const std::string& word = words_[at_++];
      if (word == "--") {
        are_flags_over = true;
      } else if (is_flag(word)) {
        word[1] == '-' ? take_long(word) : take_cluster(word);
      } else {
        if (divided_.positionals.empty()) divided_.leading = at_ - 1;
        divided_.positionals.push_back(word);
        are_flags_over = allowed == Positionals::first_ends_options;
      }
    }
    if (divided_.positionals.empty()) divided_.leading = at_;
    divided_.positionals.insert(divided_.positionals.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_),
                                words_.end());
    return std::move(divided_);
  }

 private:
  void take_long(const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string_view name = std::string_view(word).substr(2, equals - 2);
    const OptionSpec& option = checked(find_option(options_, name, 0), word);
    const bool has_value = equals != std::string::npos;
    if (option.value.empty() && has_value)
      throw Error(ErrorKind::usage, format_text("cannot use '{}': the flag takes no value", word));
    divided_.flags.push_back(option.value.empty() || has_value ? word : word + "=" + next_word(word));
  }

  /// `-qv`, `-p3.12`, `-p=3.12`, `-p 3.12`: the first one with a value ends the cluster.
  void take_cluster(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const OptionSpec& option = checked(find_option(options_, {}, word[i]), word);
      std::string& flag = divided_.flags.emplace_back("--" + std::string(option.name));
      if (option.value.empty()) continue;
      const std::string rest = word.substr(i + 1);
      flag += "=" + (rest.empty() ? next_word(word) : rest.substr(rest[0] == '=' ? 1 : 0));
      return;
    }
  }

  const OptionSpec& checked(const OptionSpec* option, const std::string& word) {
    if (option == nullptr) throw_unknown(options_, word);
    refuse(*option);
    divided_.used.push_back(option);
    return *option;
  }

  const std::string& next_word(const std::string& flag) {
    if (at_ == words_.size())
      throw Error(ErrorKind::usage, format_text("cannot use '{}': it needs a value", flag));
    return words_[at_++];
  }

  const OptionTable& options_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  Divided divided_;
};

cxxopts::Options parser_for(Used used) {
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  cxxopts::Options parser("envstore");
  for (const OptionSpec* option : used) {
    parser.add_options()(
        std::string(option->name), "",
        option->value.empty() ? cxxopts::value<bool>() : cxxopts::value<std::vector<std::string>>());
  }
  return parser;
}

/// The flag and its help in two columns.
std::string described(const OptionSpec& option) {
  constexpr std::size_t kColumn = 30, kWidth = 80;
  std::string text, line = option.short_name != 0 ? format_text("  -{}, --{}", option.short_name, option.name)
                                                  : format_text("      --{}", option.name);
  if (!option.value.empty()) line += format_text(" {}", option.value);
  if (line.size() + 2 > kColumn) {
    text += line + "\n";
    line.clear();
  }
  line.resize(kColumn, ' ');
  std::string_view rest = option.help;
  while (!rest.empty()) {
    std::size_t end = rest.size();
    if (end > kWidth - kColumn) end = rest.rfind(' ', kWidth - kColumn);
    if (end == std::string_view::npos) end = rest.size();
    text += line + std::string(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line.assign(kColumn, ' ');
  }
  return text;
}

}  // namespace

const OptionTable& global_options() {
  return kGlobalOptions;
}

std::string Arguments::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? "" : found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Arguments parse_arguments(const OptionTable& options, Positionals positionals,
                          const std::vector<std::string>& words) {
  Divided divided = Divider(options, words).divide(positionals);
  if (positionals == Positionals::none && !divided.positionals.empty())
    throw Error(ErrorKind::usage,
                format_text("cannot use '{}': the command takes flags only", divided.positionals.front()));
  Arguments result;
  result.positionals_ = std::move(divided.positionals);
  if (divided.used.empty()) return result;
  std::vector<const char*> argv = {"envstore"};
  for (const std::string& flag : divided.flags) argv.push_back(flag.c_str());
  try {
    const cxxopts::ParseResult parsed =
        parser_for(divided.used).parse(static_cast<int>(argv.size()), argv.data());
    for (const cxxopts::KeyValue& pair : parsed.arguments()) {
      const OptionSpec* option = find_option(options, pair.key(), 0);
      auto& values = result.values_[pair.key()];
      if (option != nullptr && !option->value.empty()) values.push_back(pair.value());
    }
  } catch (const cxxopts::exceptions::exception& error) {
    throw Error(ErrorKind::usage, format_text("cannot read the command line: {}", error.what()));
  }
  return result;
}

std::size_t leading_flags(const OptionTable& options, const std::vector<std::string>& words) {
  return Divider(options, words).divide(Positionals::first_ends_options).leading;
}

std::string describe_options(const OptionTable& options) {
  std::string text;
  options.each([&](const OptionSpec& option) {
    if (!option.help.empty()) text += described(option);
    return false;
  });
  return text;
}

}  // namespace envstore
