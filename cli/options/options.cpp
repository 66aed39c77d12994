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

constexpr OptionSpec kGlobalOptions[] = {
    {"store", 0, "DIRECTORY", "the store's directory (also ENVSTORE_ROOT)"},
    {"offline", 0, {}, "use only what is cached or local"},
    {"quiet", 'q', {}, "print errors only"},
    {"verbose", 'v', {}, "print what was decided, and why"},
    {"help", 'h', {}, "print the help of the command"},
};

using Table = std::span<const OptionSpec>;

const OptionSpec* find_option(Table options, std::string_view name, char short_name) {
  for (const Table table : {options, Table(kGlobalOptions)})
    for (const OptionSpec& option : table)
      if ((!name.empty() && option.name == name) || (short_name != 0 && option.short_name == short_name))
        return &option;
  return nullptr;
}

void refuse(const OptionSpec& option) {
  if (option.refusal.empty()) return;
  throw Error(ErrorKind::usage,
              format_text("cannot use '--{}': envstore does not support this flag of uv", option.name),
              std::string(option.refusal));
}

/// Expands a cluster of short flags (`-qv`, `-p3.12`, `-p`) to long flags. False: one of them is unknown.
bool expand_cluster(Table options, const std::string& word, std::vector<std::string>& out,
                    bool& wants_value) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const OptionSpec* option = find_option(options, {}, word[i]);
    if (option == nullptr) return false;
    refuse(*option);
    std::string flag = "--" + std::string(option->name);
    if (option->value.empty()) {
      out.push_back(std::move(flag));
      continue;
    }
    const std::size_t value = i + 1 < word.size() && word[i + 1] == '=' ? i + 2 : i + 1;
    wants_value = i + 1 == word.size();
    out.push_back(wants_value ? std::move(flag) : flag + "=" + word.substr(value));
    return true;
  }
  return true;
}

[[noreturn]] void throw_unknown(Table options, const std::string& word) {
  const std::string written = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const Table table : {options, Table(kGlobalOptions)})
    for (const OptionSpec& option : table) known.push_back("--" + std::string(option.name));
  const auto nearest = nearest_word(written, known);
  throw Error(ErrorKind::usage, format_text("cannot use '{}': there is no such flag", written),
              nearest ? format_text("did you mean '{}'?", *nearest) : "--help lists the flags");
}

/// Appends the flag at `words[at]` to `out` in its long form; returns how many words it takes.
std::size_t normalise_flag(Table options, const std::vector<std::string>& words, std::size_t at,
                           std::vector<std::string>& out) {
  const std::string& word = words[at];
  bool wants_value = false;
  if (word[1] != '-') {
    if (!expand_cluster(options, word, out, wants_value)) throw_unknown(options, word);
  } else {
    const std::size_t equals = word.find('=');
    const OptionSpec* option = find_option(options, std::string_view(word).substr(2, equals - 2), 0);
    if (option == nullptr) throw_unknown(options, word);
    refuse(*option);
    out.push_back(word);
    wants_value = !option->value.empty() && equals == std::string::npos;
  }
  if (!wants_value) return 1;
  if (at + 1 == words.size())
    throw Error(ErrorKind::usage, format_text("cannot use '{}': it needs a value", word));
  out.back() += "=" + words[at + 1];
  return 2;
}

bool is_flag(const std::string& word) {
  return word.size() > 1 && word[0] == '-';
}

struct SplitWords {
  std::vector<std::string> flags, positionals;
  std::size_t leading = 0;  ///< words before the first positional
};

SplitWords split_words(Table options, Positionals positionals, const std::vector<std::string>& words) {
  SplitWords split;
  std::size_t at = 0;
  bool are_flags_over = false;
  while (at < words.size()) {
    if (!are_flags_over && words[at] == "--") {
      are_flags_over = true;
      ++at;
    } else if (!are_flags_over && is_flag(words[at])) {
      at += normalise_flag(options, words, at, split.flags);
    } else {
      if (split.positionals.empty()) split.leading = at;
      split.positionals.push_back(words[at++]);
      if (positionals == Positionals::first_ends_options) are_flags_over = true;
      // All following words belong to the program, including `--`.
      if (are_flags_over) {
        split.positionals.insert(split.positionals.end(), words.begin() + static_cast<std::ptrdiff_t>(at),
                                 words.end());
        break;
      }
    }
  }
  if (split.positionals.empty()) split.leading = words.size();
  return split;
}

/// Declares only the options that `flags` use: a run has about a hundred, and few are given.
cxxopts::Options options_of(Table options, const std::vector<std::string>& flags) {
  const auto is_used = [&](const OptionSpec& option) {
    return std::any_of(flags.begin(), flags.end(), [&](const std::string& flag) {
      return std::string_view(flag).substr(2, flag.find('=') - 2) == option.name;
    });
  };
  cxxopts::Options result("envstore");
  for (const Table table : {options, Table(kGlobalOptions)})
    for (const OptionSpec& option : table) {
      if (!is_used(option)) continue;
      const std::string names(option.name);
      if (option.value.empty())
        result.add_options()(names, std::string(option.help));
      else
        result.add_options()(names, std::string(option.help), cxxopts::value<std::vector<std::string>>());
    }
  return result;
}

}  // namespace

std::span<const OptionSpec> global_options() {
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

Arguments parse_arguments(Table options, Positionals positionals, const std::vector<std::string>& words) {
  SplitWords split = split_words(options, positionals, words);
  if (positionals == Positionals::none && !split.positionals.empty())
    throw Error(ErrorKind::usage,
                format_text("cannot use '{}': the command takes flags only", split.positionals.front()));
  std::vector<const char*> argv = {"envstore"};
  for (const std::string& flag : split.flags) argv.push_back(flag.c_str());
  Arguments result;
  result.positionals_ = std::move(split.positionals);
  if (split.flags.empty()) return result;
  try {
    cxxopts::Options parser = options_of(options, split.flags);
    const cxxopts::ParseResult parsed = parser.parse(static_cast<int>(argv.size()), argv.data());
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

std::size_t leading_flags(Table options, const std::vector<std::string>& words) {
  return split_words(options, Positionals::first_ends_options, words).leading;
}

std::string describe_options(Table options) {
  constexpr std::size_t kColumn = 30, kWidth = 80;
  std::string text;
  for (const OptionSpec& option : options) {
    if (option.help.empty()) continue;
    std::string line = option.short_name != 0 ? format_text("  -{}, --{}", option.short_name, option.name)
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
  }
  return text;
}

}  // namespace envstore
