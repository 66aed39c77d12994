#include "cli/options/options.h"

#include <algorithm>

#include "cli/options/suggest.h"
#include "store/platform/error.h"
#include "store/platform/format.h"

namespace envstore {
namespace {

constexpr OptionSpec kOwnGlobalOptions[] = {
    {"store", 0, "DIRECTORY", "the store's directory (also ENVSTORE_ROOT)"},
    {"quiet", 'q', {}, "print errors only"},
    {"verbose", 'v', {}, "print what was decided, and why"},
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

/// Reads the words of a command line from left to right.
class ArgumentReader {
 public:
  ArgumentReader(const OptionTable& options, Positionals allowed, const std::vector<std::string>& words)
      : options_(options), allowed_(allowed), words_(words) {}

  void read() {
    while (at_ < words_.size()) {
      if (words_[at_] == "--") {
        ++at_;
        return take_rest();
      }
      if (is_flag(words_[at_])) {
        take_flag();
        continue;
      }
      take_positional();
      // All following words belong to the program, including `--`.
      if (allowed_ == Positionals::first_ends_options) return take_rest();
    }
  }

  ArgumentReader(const ArgumentReader&) = delete;
  ArgumentReader& operator=(const ArgumentReader&) = delete;

  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::vector<std::string> positionals;
  std::size_t leading = 0;  ///< words before the first positional

 private:
  void take_positional() {
    if (allowed_ == Positionals::none)
      throw Error(ErrorKind::usage,
                  format_text("cannot use '{}': the command takes flags only", words_[at_]));
    if (positionals.empty()) leading = at_;
    positionals.push_back(words_[at_++]);
  }

  void take_rest() {
    while (at_ < words_.size()) take_positional();
  }

  void take_flag() {
    const std::string& word = words_[at_++];
    if (word[1] != '-') return take_cluster(word);
    const std::size_t equals = word.find('=');
    const OptionSpec* option = find_option(options_, std::string_view(word).substr(2, equals - 2), 0);
    if (option == nullptr) throw_unknown(options_, word);
    refuse(*option);
    if (!option->value.empty())
      values[std::string(option->name)].push_back(equals == std::string::npos ? next_word(word)
                                                                              : word.substr(equals + 1));
    else if (equals == std::string::npos)
      values.try_emplace(std::string(option->name));
    else
      throw Error(ErrorKind::usage, format_text("cannot use '{}': the flag takes no value", word));
  }

  /// `-qv`, `-p3.12`, `-p=3.12`, `-p 3.12`: the first one with a value ends the cluster.
  void take_cluster(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const OptionSpec* option = find_option(options_, {}, word[i]);
      if (option == nullptr) throw_unknown(options_, word);
      refuse(*option);
      auto& list = values[std::string(option->name)];
      if (option->value.empty()) continue;
      const bool has_equals = i + 1 < word.size() && word[i + 1] == '=';
      list.push_back(i + 1 == word.size() ? next_word(word) : word.substr(has_equals ? i + 2 : i + 1));
      return;
    }
  }

  const std::string& next_word(const std::string& flag) {
    if (at_ == words_.size())
      throw Error(ErrorKind::usage, format_text("cannot use '{}': it needs a value", flag));
    return words_[at_++];
  }

  const OptionTable& options_;
  const Positionals allowed_;
  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
};

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
  ArgumentReader reader(options, positionals, words);
  reader.read();
  Arguments result;
  result.values_ = std::move(reader.values);
  result.positionals_ = std::move(reader.positionals);
  return result;
}

std::size_t leading_flags(const OptionTable& options, const std::vector<std::string>& words) {
  ArgumentReader reader(options, Positionals::first_ends_options, words);
  reader.read();
  return reader.positionals.empty() ? words.size() : reader.leading;
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
