"""Writes pages (text or HTML) as C++ string constants, kName for name.html: embed_pages.py OUTPUT PAGE..."""
import pathlib
import sys

output, *sources = map(pathlib.Path, sys.argv[1:])
lines = ["#pragma once", "#include <string_view>", "", "namespace envstore::pages {"]
for source in sources:
    name = "".join(word.capitalize() for word in source.stem.removeprefix("cmd_").split("_"))
    lines.append('inline constexpr std::string_view k%s = R"envstore_page(%s)envstore_page";' % (name, source.read_text()))
lines.append("}  // namespace envstore::pages")
output.write_text("\n".join(lines) + "\n")
