"""Reads every include and holds it against the arrows of the design (docs/ARCHITECTURE.md)."""
import pathlib
import posixpath
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

#: Which layers each layer may include, itself aside.
ALLOWED = {
    "cli": {"python", "gc", "store", "store/platform", "pypackaging"},
    "python": {"store", "store/platform", "pypackaging"},
    "gc": {"store", "store/platform"},
    "store": {"store/platform"},
    "store/platform": set(),
    "pypackaging": set(),
}
#: Headers that only some files may include.
RESERVED = {
    re.compile(r"lmdb\.h"): re.compile(r"store/index[^/]*"),
    re.compile(r"curl/.*"): re.compile(r"python/network/[^/]+"),
    # The rest of the code sees the network module through what it declares, so that nothing links it.
    re.compile(r"python/network/(?!http\.h|module\.h).*"): re.compile(r"python/network/[^/]+"),
    # Words of commands and settings belong to the command line.
    re.compile(r"cxxopts\.hpp|yaml-cpp/.*"): re.compile(r"cli/[^/]+"),
}
#: All of the standard library that a pure library needs: nothing that opens, connects, starts, waits or prints.
PURE = set("""algorithm array bit charconv compare concepts cstddef cstdint cstring deque functional initializer_list
    iterator limits map memory numeric optional set span stdexcept string string_view tuple type_traits unordered_map
    unordered_set utility variant vector""".split())
FOLDERS = ["cli", "python", "gc", "store", "subprojects/pypackaging/include", "subprojects/pypackaging/src"]


def layer_of(path):
    """The layer of a source file or of an included header; None: not the project's."""
    if path.startswith(("subprojects/pypackaging/", "pypackaging/")):
        return "pypackaging"
    if path.startswith("store/platform/"):
        return "store/platform"
    first = path.split("/")[0]
    return first if first in ALLOWED and "/" in path else None


def sources():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def target_of(path, quote, included):
    """What an include means, from the project's root: `"../x.h"` and `"x.h"` are beside the file."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(path), included))
    is_beside = quote == '"' and ("/" not in included or included.startswith("."))
    return beside if is_beside else included


def faults(path, text):
    """What in one file goes against the arrows."""
    layer = layer_of(path)
    for quote, included in INCLUDE.findall(text):
        target = target_of(path, quote, included)
        other = layer_of(target)
        if other and other != layer and other not in ALLOWED[layer]:
            yield f"{path} includes {included}: {layer} may not know {other}"
        if layer == "pypackaging" and other != layer and included not in PURE:
            yield f"{path} includes {included}: pypackaging is pure"
        for header, users in RESERVED.items():
            if (header.fullmatch(target) or header.fullmatch(included)) and not users.fullmatch(path):
                yield f"{path} includes {included}, which is reserved"


class Layering(unittest.TestCase):
    def test_every_include_follows_an_arrow(self):
        found = [fault for path, text in sources() for fault in faults(path, text)]
        self.assertEqual(found, [])

    def test_there_are_sources_to_look_at(self):
        self.assertGreater(len(list(sources())), 100)

    def test_wrong_arrows_are_noticed(self):
        for path, include in [
            ("store/tree.cpp", '"python/wheel/wheel.h"'),
            ("python/index/url.cpp", '"gc/plan.h"'),
            ("gc/plan.cpp", '"python/launch/launch.h"'),
            ("store/platform/files.cpp", '"store/tree.h"'),
            ("subprojects/pypackaging/src/x.cpp", '"store/digest.h"'),
            ("cli/main.cpp", "<lmdb.h>"),
            ("python/index/url.cpp", "<curl/curl.h>"),
            ("python/index/url.cpp", "<curl/multi.h>"),
            ("store/tree.cpp", '"lmdb.h"'),
            ("gc/plan.cpp", '"../python/launch/launch.h"'),
            ("python/launch/launch.cpp", '"../../gc/plan.h"'),
            ("store/platform/files.cpp", '"../tree.h"'),
            ("cli/main.cpp", '"python/network/transfer.h"'),
            ("python/index/url.cpp", "<cxxopts.hpp>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<fstream>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<filesystem>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<unistd.h>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<sys/socket.h>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<thread>"),
            ("subprojects/pypackaging/include/pypackaging/x.h", '"../../../../store/digest.h"'),
        ]:
            self.assertTrue(list(faults(path, f"#include {include}\n")), (path, include))

    def test_right_arrows_pass(self):
        for path, include in [
            ("cli/main.cpp", '"python/launch/launch.h"'),
            ("store/index_env.cpp", "<lmdb.h>"),
            ("python/network/curl_client.cpp", "<curl/curl.h>"),
            ("python/wheel/wheel.h", '"pypackaging/tags.h"'),
            ("cli/main.cpp", '"gc/plan.h"'),
            ("store/tree.cpp", "<fcntl.h>"),
            ("python/index/lazy_http.h", '"python/network/module.h"'),
            ("subprojects/pypackaging/src/x/y.cpp", '"../standards/quote.h"'),
            ("subprojects/pypackaging/src/x/y.cpp", '"pypackaging/tags.h"'),
            ("subprojects/pypackaging/src/x/y.cpp", "<vector>"),
        ]:
            self.assertEqual(list(faults(path, f"#include {include}\n")), [])


if __name__ == "__main__":
    unittest.main()
