#include "request.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace pypackaging::probe {
namespace {

constexpr std::size_t kDeepest = 100;
/// For numbers of Python, glibc and musl: `tags` counts down from them.
constexpr int kLargestMinor = 200;

enum class Shape { text, flag, texts, texts_by_name, flag_or_text, two_numbers, packages };
enum class Need { required, optional };

struct Field {
  const char* name;
  Shape shape;
  Need need = Need::optional;
};

using Fields = std::vector<Field>;

const Fields* find_fields(const std::string& operation) {
  static const Field text = {"text", Shape::text, Need::required};
  static const std::map<std::string, Fields> all = {
      {"version", {text}},
      {"compare", {{"a", Shape::text, Need::required}, {"b", Shape::text, Need::required}}},
      {"specifier", {text}},
      {"contains",
       {{"specifier", Shape::text, Need::required},
        {"version", Shape::text, Need::required},
        {"prereleases", Shape::flag}}},
      {"filter",
       {{"specifier", Shape::text, Need::required},
        {"versions", Shape::texts, Need::required},
        {"prereleases", Shape::flag}}},
      {"requirement", {text}},
      {"marker",
       {text,
        {"environment", Shape::texts_by_name},
        {"extras", Shape::texts},
        {"groups", Shape::texts},
        {"context", Shape::text}}},
      {"name", {text}},
      {"tags",
       {{"implementation", Shape::text, Need::required},
        {"version", Shape::two_numbers, Need::required},
        {"abi", Shape::text},
        {"free_threaded", Shape::flag},
        {"platform", Shape::text, Need::required},
        {"glibc", Shape::two_numbers},
        {"musl", Shape::two_numbers}}},
      {"wheel_filename", {text}},
      {"sdist_filename", {text}},
      {"metadata", {text}},
      {"record", {text}},
      {"entry_points", {text}},
      {"script", {text}},
      {"resolve",
       {{"packages", Shape::packages, Need::required},
        {"requirements", Shape::texts},
        {"constraints", Shape::texts},
        {"overrides", Shape::texts},
        {"preferences", Shape::texts_by_name},
        {"environment", Shape::texts_by_name},
        {"tags", Shape::texts},
        {"prereleases", Shape::text},
        {"strategy", Shape::text}}},
  };
  const auto found = all.find(operation);
  return found == all.end() ? nullptr : &found->second;
}

const char* description(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "a text";
    case Shape::flag:
      return "true or false";
    case Shape::flag_or_text:
      return "true, false or a text";
    case Shape::texts:
      return "a list of texts";
    case Shape::texts_by_name:
      return "an object whose values are texts";
    case Shape::two_numbers:
      return "a list of two numbers from 0 to 200";
    case Shape::packages:
      return "an object of packages, each an object of versions, each an object";
  }
  return "";
}

bool is_small_number(const Json& value) {
  return value.is_number_integer() && value >= 0 && value <= kLargestMinor;
}

bool is_text(const Json& value) {
  return value.is_string();
}

template <class Predicate>
bool all_of(const Json& container, Predicate predicate) {
  return std::all_of(container.begin(), container.end(), predicate);
}

bool is_packages(const Json& value);

bool has_shape(const Json& value, Shape shape) {
  switch (shape) {
    case Shape::text:
      return value.is_string();
    case Shape::flag:
      return value.is_boolean();
    case Shape::flag_or_text:
      return value.is_boolean() || value.is_string();
    case Shape::texts:
      return value.is_array() && all_of(value, is_text);
    case Shape::texts_by_name:
      return value.is_object() && all_of(value, is_text);
    case Shape::two_numbers:
      return value.is_array() && value.size() == 2 && all_of(value, is_small_number);
    case Shape::packages:
      return is_packages(value);
  }
  return false;
}

bool is_packages(const Json& value) {
  const auto is_object = [](const Json& each) { return each.is_object(); };
  return value.is_object() && all_of(value, is_object) &&
         all_of(value, [&](const Json& versions) { return all_of(versions, is_object); });
}

/// `where` begins the message: "the operation 'x'", "version 1 of package 'y'".
void check_fields(Json& object, const Fields& fields, const std::string& where) {
  for (const Field& field : fields) {
    const auto found = object.find(field.name);
    const bool is_there = found != object.end() && !found->is_null();
    if (!is_there && field.need == Need::required)
      throw Refused(where + " needs '" + field.name + "', " + description(field.shape));
    if (!is_there)
      object.erase(field.name);
    else if (!has_shape(*found, field.shape))
      throw Refused("'" + std::string(field.name) + "' of " + where + " must be " + description(field.shape));
  }
}

void check_packages(Json& packages) {
  static const Fields fields = {{"requires", Shape::texts},      {"requires_python", Shape::text},
                                {"yanked", Shape::flag_or_text}, {"extras", Shape::texts},
                                {"wheels", Shape::texts},        {"sdist", Shape::flag}};
  for (auto& [name, versions] : packages.items())
    for (auto& [version, facts] : versions.items())
      check_fields(facts, fields, "version " + shown(version) + " of package " + shown(name));
}

/// Counted before parsing, because a parsed value of any depth costs memory for each level.
bool is_too_deep(const std::string& line) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_text && c == '\\')
      ++i;
    else if (c == '"')
      in_text = !in_text;
    else if (!in_text && (c == '[' || c == '{') && ++depth > kDeepest)
      return true;
    else if (!in_text && (c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return false;
}

Json parse_json(const std::string& line) {
  try {
    return Json::parse(line);
  } catch (const Json::parse_error& fault) {
    throw Refused("the line is not JSON in UTF-8, from byte " + std::to_string(fault.byte) + " on");
  } catch (const Json::exception&) {
    throw Refused("the line has a number that is out of range");
  }
}

}  // namespace

Json read_request(const std::string& line) {
  if (is_too_deep(line))
    throw Refused("the request is nested more than " + std::to_string(kDeepest) + " deep");
  Json request = parse_json(line);
  if (!request.is_object()) throw Refused("a request is a JSON object");
  const auto operation = request.find("op");
  if (operation == request.end() || !operation->is_string())
    throw Refused("a request needs 'op', the name of an operation");
  return request;
}

void check_shape(Json& request) {
  const std::string operation = request.at("op").get<std::string>();
  const Fields* const fields = find_fields(operation);
  if (fields == nullptr) throw Refused("there is no operation " + shown(operation));
  check_fields(request, *fields, "the operation " + shown(operation));
  if (const auto packages = request.find("packages"); operation == "resolve" && packages != request.end())
    check_packages(*packages);
}

}  // namespace pypackaging::probe
