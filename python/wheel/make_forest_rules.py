"""Turns forest_rules.yaml (lines of `name: reason`) into the body of forest_rule(): YAML IN, C++ OUT."""

import json
import re
import sys

source, target = sys.argv[1:]
rules = []
for number, line in enumerate(open(source, encoding="utf-8"), 1):
    line = line.strip()
    if not line or line.startswith("#"):
        continue
    match = re.fullmatch(r"([a-z0-9]+(?:-[a-z0-9]+)*): (\S.*)", line)
    if not match:
        sys.exit(f"{source}:{number}: expected `normalised-name: reason`")
    rules.append(match.groups())
if [name for name, _ in rules] != sorted({name for name, _ in rules}):
    sys.exit(f"{source}: names must be sorted and unique")

with open(target, "w", encoding="utf-8") as out:
    out.write('#include "python/wheel/forest_rules.h"\n\n#include <algorithm>\n#include <iterator>\n\n')
    out.write("namespace envstore {\nnamespace {\n\nconstexpr ForestRule kRules[] = {\n")
    for name, reason in rules:
        out.write(f"    {{{json.dumps(name)}, {json.dumps(reason, ensure_ascii=False)}}},\n")
    out.write("};\n\n}  // namespace\n\n")
    out.write("const ForestRule* forest_rule(std::string_view normalized_name) {\n")
    out.write("  const auto found = std::lower_bound(std::begin(kRules), std::end(kRules), normalized_name,\n")
    out.write("                                      [](const ForestRule& rule, std::string_view wanted) { return rule.name < wanted; });\n")
    out.write("  return found != std::end(kRules) && found->name == normalized_name ? found : nullptr;\n")
    out.write("}\n\n}  // namespace envstore\n")
