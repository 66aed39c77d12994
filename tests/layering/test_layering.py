"""Reads every include and holds it against the arrows of the design (docs/ARCHITECTURE.md)."""
import pathlib
import posixpath
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)

#: Which folders may know which others.
ALLOWED_TOPS = {
    "cli": {"python", "gc", "store", "pypackaging"},
    "python": {"store", "pypackaging"},
    "gc": {"store"},
    "store": set(),
    "pypackaging": set(),
}
#: The rooms, and which rooms of the same folder each may include.
ALLOWED_ROOMS = {
    "store/platform": set(),
    "store/process": {"platform"},
    "store/index": {"platform", "process"},
    "store/leases": {"platform", "process", "index"},
    "store/objects": {"platform", "process", "index", "leases"},
    "store/snapshots": {"platform", "process", "index", "leases", "objects"},
    "gc/census": set(),
    "gc/collect": {"census"},
    "gc/verify": {"census", "collect"},
    "gc/repair": {"census", "collect", "verify"},
    "gc/schedule": set(),
    "python/network": set(),
    "python/interpreter": set(),
    "python/wheel": set(),
    "python/index": {"network", "wheel"},
    "python/settings": {"network", "interpreter", "wheel", "index"},
    "python/launch": set(),
    "python/resolve": {"network", "interpreter", "wheel", "index", "settings", "launch"},
    "python/bytecode": {"launch"},
    "python/provision": {"network", "interpreter", "wheel", "index", "settings", "launch", "resolve", "bytecode"},
    "cli/options": set(),
    "cli/output": {"options"},
    "cli/commands": {"options", "output"},
    "cli/program": {"options", "output", "commands"},
}
#: Headers that only some files may include.
RESERVED = {
    re.compile(r"lmdb\.h"): re.compile(r"store/index/[^/]+"),
    re.compile(r"curl/.*"): re.compile(r"python/network/[^/]+"),
    # The rest of the code sees the network module through what it declares, so that nothing links it.
    re.compile(r"python/network/(?!http\.h|module\.h|url\.h).*"): re.compile(r"python/network/[^/]+"),
    # Words of commands and settings belong to the command line.
    re.compile(r"cxxopts\.hpp|yaml-cpp/.*"): re.compile(r"cli/[^/]+/[^/]+"),
}
#: All of the standard library that a pure library needs: nothing that opens, connects, starts, waits or prints.
PURE = set("""algorithm array bit charconv compare concepts cstddef cstdint cstring deque functional initializer_list
    iterator limits map memory numeric optional set span stdexcept string string_view tuple type_traits unordered_map
    unordered_set utility variant vector""".split())
FOLDERS = ["cli", "python", "gc", "store", "subprojects/pypackaging/include", "subprojects/pypackaging/src"]


def room_of(path):
    """The room of a source file or of an included header; None: not the project's, or made by the build."""
    if path.startswith(("subprojects/pypackaging/", "pypackaging/")):
        return "pypackaging"
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ALLOWED_TOPS and len(parts) > 2 else None


def may_know(room, other):
    """Whether what lies in one room may include what lies in another."""
    top, other_top = room.split("/")[0], other.split("/")[0]
    if top == other_top:
        return room == other or other.split("/")[-1] in ALLOWED_ROOMS[room]
    return other_top in ALLOWED_TOPS[top]


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
    room = room_of(path)
    for quote, included in INCLUDE.findall(text):
        target = target_of(path, quote, included)
        other = room_of(target)
        if other and not may_know(room, other):
            yield f"{path} includes {included}: {room} may not know {other}"
        if room == "pypackaging" and other != room and included not in PURE:
            yield f"{path} includes {included}: pypackaging is pure"
        for header, users in RESERVED.items():
            if (header.fullmatch(target) or header.fullmatch(included)) and not users.fullmatch(path):
                yield f"{path} includes {included}, which is reserved"


class Layering(unittest.TestCase):
    def test_every_include_follows_an_arrow(self):
        found = [fault for path, text in sources() for fault in faults(path, text)]
        self.assertEqual(found, [])

    def test_every_source_is_in_a_room(self):
        rooms = {room_of(path) for path, _ in sources()}
        self.assertEqual(rooms, set(ALLOWED_ROOMS) | {"pypackaging"})

    def test_the_arrows_make_no_cycle(self):
        arrows = {room: {f"{room.split('/')[0]}/{other}" for other in others} for room, others in ALLOWED_ROOMS.items()}
        while arrows:
            done = {room for room, others in arrows.items() if not others & arrows.keys()}
            self.assertTrue(done, f"these know each other: {sorted(arrows)}")
            arrows = {room: others for room, others in arrows.items() if room not in done}

    def test_an_include_of_another_room_says_where_it_lies(self):
        for path, text in sources():
            for quote, included in INCLUDE.findall(text):
                if quote == '"' and included.startswith(".") and not path.startswith("subprojects/"):
                    self.fail(f"{path} includes {included}: write it from the project's root")

    def test_there_are_sources_to_look_at(self):
        self.assertGreater(len(list(sources())), 100)

    def test_wrong_arrows_are_noticed(self):
        for path, include in [
            ("store/objects/tree.cpp", '"python/wheel/wheel.h"'),
            ("store/objects/tree.cpp", '"store/snapshots/snapshot.h"'),
            ("store/platform/files.cpp", '"store/process/child.h"'),
            ("gc/census/census.cpp", '"gc/collect/plan.h"'),
            ("python/network/url.cpp", '"python/index/index_client.h"'),
            ("python/network/url.cpp", '"gc/collect/plan.h"'),
            ("cli/options/options.cpp", '"cli/output/progress.h"'),
            ("gc/collect/plan.cpp", '"python/launch/launch.h"'),
            ("store/platform/files.cpp", '"store/objects/tree.h"'),
            ("subprojects/pypackaging/src/x.cpp", '"store/platform/digest.h"'),
            ("cli/program/main.cpp", "<lmdb.h>"),
            ("python/index/index_client.cpp", "<curl/curl.h>"),
            ("python/index/index_client.cpp", "<curl/multi.h>"),
            ("store/objects/tree.cpp", '"lmdb.h"'),
            ("gc/collect/plan.cpp", '"../../python/launch/launch.h"'),
            ("python/launch/launch.cpp", '"../../gc/collect/plan.h"'),
            ("store/platform/files.cpp", '"../objects/tree.h"'),
            ("cli/program/main.cpp", '"python/network/transfer.h"'),
            ("python/index/index_client.cpp", "<cxxopts.hpp>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<fstream>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<filesystem>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<unistd.h>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<sys/socket.h>"),
            ("subprojects/pypackaging/src/x/y.cpp", "<thread>"),
            ("subprojects/pypackaging/include/pypackaging/x.h", '"../../../../store/platform/digest.h"'),
        ]:
            self.assertTrue(list(faults(path, f"#include {include}\n")), (path, include))

    def test_right_arrows_pass(self):
        for path, include in [
            ("cli/program/main.cpp", '"python/launch/launch.h"'),
            ("store/index/index_env.cpp", "<lmdb.h>"),
            ("store/snapshots/snapshot.cpp", '"store/objects/tree.h"'),
            ("python/network/curl_client.cpp", "<curl/curl.h>"),
            ("python/wheel/wheel.h", '"pypackaging/tags.h"'),
            ("cli/program/main.cpp", '"gc/collect/plan.h"'),
            ("store/objects/tree.cpp", "<fcntl.h>"),
            ("python/index/lazy_http.h", '"python/network/module.h"'),
            ("subprojects/pypackaging/src/x/y.cpp", '"../standards/quote.h"'),
            ("subprojects/pypackaging/src/x/y.cpp", '"pypackaging/tags.h"'),
            ("subprojects/pypackaging/src/x/y.cpp", "<vector>"),
        ]:
            self.assertEqual(list(faults(path, f"#include {include}\n")), [])


if __name__ == "__main__":
    unittest.main()
