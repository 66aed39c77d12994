"""Writes small valid inputs as seeds for fuzzing: make_seeds.py FOLDER writes FOLDER/<target>/<number>.

They are generated, not stored as files, so that their structure is readable. The binary ones follow docs/FORMAT.md.
"""
import io
import pathlib
import struct
import sys
import tarfile
import zipfile

ID = bytes(range(32))


def text(value):
    value = value.encode()
    return struct.pack("<I", len(value)) + value


def texts(*values):
    return struct.pack("<I", len(values)) + b"".join(map(text, values))


def numbers(form, *values):
    return struct.pack("<" + form, *values)


STAMP = numbers("QQQqqII", 1, 2, 3, 4, 5, 0o100644, 1)
#: In the order of the kinds in fuzz_rows.cpp.
ROWS = [
    numbers("Q", 7) + ID[:16] + numbers("QqIq", 5, 6, 0o444, 8),
    text("demo") + text("1.0") + ID + text("demo-1.0-py3-none-any.whl") + text("") + text("") + b"\1"
    + texts("demo", "demo.pth") + numbers("QQq", 2, 30, 9),
    ID,
    text("{}") + numbers("q", 9) + numbers("I", 2) + b"\0\1",
    text("request") + ID + text("demo.py") + numbers("q", 9),
    text("key") + numbers("I", 2) + text("/a") + b"\1" + STAMP + text("/b") + b"\0" + numbers("I", 1) + ID + text("plan"),
    STAMP + text("{}"),
    text('"etag"') + numbers("qq", 1, 2) + text("body"),
    b"\0" + numbers("qq", 1, 2) + numbers("I", 1) + ID + text("demo.py"),
    b"\1" + text("/demo/.venv") + ID + numbers("q", 3),
    b"\1" + numbers("Qq", 4, 5),
]


def entry(path, executable=0):
    return numbers("H", len(path)) + path.encode() + bytes([executable]) + ID + numbers("Q", 3)


def wheel(method):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        archive.writestr("demo/__init__.py", "value = 1\n")
        archive.writestr("demo-1.0.dist-info/RECORD", "demo/__init__.py,,\n")
    return output.getvalue()


def sdist(mode, form=tarfile.PAX_FORMAT):
    """A tar archive with every kind of member that is unpacked, and a name that needs an extended header."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode=mode, format=form) as archive:
        for name in ("demo-1.0/PKG-INFO", "demo-1.0/" + 30 * "long" + "/\u00e9"):
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"demo"))
        for name, kind, link in (("demo-1.0/folder", tarfile.DIRTYPE, ""), ("demo-1.0/folder/link", tarfile.SYMTYPE, "../PKG-INFO"),
                                 ("demo-1.0/hard", tarfile.LNKTYPE, "demo-1.0/PKG-INFO")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            archive.addfile(member)
    return output.getvalue()


def elf():
    """Little-endian, 64 bits, one PT_LOAD, one PT_DYNAMIC with a string table, a RUNPATH and a NEEDED."""
    strings = b"\0$ORIGIN/../lib\0liba.so\0"
    dynamic = b"".join(numbers("QQ", *pair) for pair in [(5, 256), (10, len(strings)), (29, 1), (1, 16), (0, 0)])
    header = b"\x7fELF\2\1\1".ljust(16, b"\0") + numbers("HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    size = 256 + len(strings)
    load = numbers("IIQQQQQQ", 1, 4, 0, 0, 0, size, size, 4096)
    segment = numbers("IIQQQQQQ", 2, 4, 176, 176, 176, len(dynamic), len(dynamic), 8)
    return (header + load + segment + dynamic).ljust(256, b"\0") + strings


PAGE = 256


def page(number, flags, nodes):
    """A page of an LMDB environment. nodes: (size of the value or child, flags, key, bytes after the key)"""
    offset, offsets, content = PAGE, b"", b""
    for low, node_flags, key, value in nodes:
        node = numbers("IHH", low, node_flags, len(key)) + key + value
        node += bytes(len(node) % 2)
        offset -= len(node)
        offsets += numbers("H", offset)
        content = node + content
    head = numbers("QHHHH", number, 0, flags, 16 + len(offsets), offset) + offsets
    return head.ljust(PAGE - len(content), b"\0") + content


def meta(number, transaction, free, rows, last_page):
    """A meta page of an LMDB environment. free, rows: (depth, root)"""
    tree = lambda flags, depth, root, size: numbers("IHHQQQQQ", size, flags, depth, 0, 0, 0, 0, root)
    body = numbers("IIQQ", 0xBEEFC0DE, 1, 0, 0) + tree(8, *free, PAGE) + tree(0, *rows, 0) + numbers("QQ", last_page, transaction)
    return (numbers("QHHHH", number, 0, 8, 0, 0) + body).ljust(PAGE, b"\0")


def row(key, value=b""):
    return len(value), 0, key, value


def environment():
    """An LMDB environment: three leaves below one branch, a value of two pages, two free pages."""
    overflow = numbers("QHHI", 6, 0, 4, 2) + b"v" * 300
    return b"".join([
        meta(0, 6, (0, 2**64 - 1), (2, 2), 10), meta(1, 7, (1, 8), (2, 2), 10),
        page(2, 1, [(3, 0, b"", b""), (4, 0, b"d", b""), (5, 0, b"g", b"")]),
        page(3, 2, [row(b"a", b"1"), row(b"b"), row(b"c", b"333")]),
        page(4, 2, [row(b"d", b"4"), row(b"e", b"5"), (300, 1, b"f", numbers("Q", 6))]),
        page(5, 2, [row(b"g", b"7"), row(b"h", b"8")]),
        overflow.ljust(2 * PAGE, b"\0"),
        page(8, 2, [row(numbers("Q", 5), numbers("QQ", 1, 9)), row(numbers("Q", 7), numbers("QQ", 1, 10))]),
    ]).ljust(11 * PAGE, b"\0")


FACTS = """{"path":"/usr/bin/python3","executable":"/usr/bin/python3","found_as":"/usr/bin/python3","facts":2,"wheel_folders":["/usr/share/python-wheels"],
"implementation":"cpython","version":"3.11.2","version_info":[3,11],"major":3,"minor":11,"base_prefix":"/usr",
"home":"/usr/bin","cache_tag":"cpython-311","site_path":"lib/python3.11/site-packages","free_threaded":false,
"debug":false,"soabi":"cpython-311-x86_64-linux-gnu","glibc":[2,36],"musl":null,"has_hard_float":true,
"manylinux":[[2,17,true]],"platform":"linux_x86_64","markers":{"python_version":"3.11"}}"""
RECORD = """{"cache_tag":"cpython-311","forced_forest":["coverage"],"format":1,"interpreter":"{}",
"prefix_files":[["pyvenv.cfg","home = /usr/bin"]],"site_path":"lib/python3.11/site-packages",
"trees":[{"name":"demo","tree":"%s","version":"1.0"}]}""" % ID.hex()
TREE_INFO = """{"version":1,"name":"demo","distribution_version":"1.0","wheel":"%s",
"wheel_filename":"demo-1.0-py3-none-any.whl","origin":"https://example.test/demo-1.0-py3-none-any.whl",
"forest_reason":"","made_at_ns":9}""" % ID.hex()
SCRIPT = """#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "demo @ https://example.test/demo-1.0-py3-none-any.whl"]
# [tool.uv]
# exclude-newer = "2026-01-01T00:00:00Z"
# prerelease = "allow"
# find-links = ["wheels"]
# index = [{ name = "own", url = "https://example.test/simple", default = true }]
# ///
import numpy
"""
REQUIREMENTS = """# comment
-r other.txt
-c 9
--index-url https://user:secret@example.test/simple --extra-index-url https://example.test/other
--find-links ./wheels
numpy >= 2, < 3 ; python_version >= "3.8" \\
  --hash=sha256:%s
demo[extra] @ https://example.test/demo-1.0-py3-none-any.whl
${HOME}/demo-1.0-py3-none-any.whl
--pre
""" % ID.hex()
ENV = """export A=1
B='literal $A'
C="escaped \\n $A ${A} ${MISSING:-default}"
D=${A}x # comment
"""
HTML = """<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>
<a href="demo-1.0-py3-none-any.whl#sha256=%s" data-requires-python="&gt;=3.8" data-yanked="bad"
 data-core-metadata="sha256=%s">demo-1.0-py3-none-any.whl</a><br/></body></html>""" % (ID.hex(), ID.hex())
JSON = """{"meta":{"api-version":"1.1"},"name":"demo","files":[{"filename":"demo-1.0-py3-none-any.whl",
"url":"demo-1.0-py3-none-any.whl","hashes":{"sha256":"%s"},"requires-python":">=3.8","yanked":"bad","size":3,
"upload-time":"2026-01-01T00:00:00.000000Z","core-metadata":{"sha256":"%s"}}]}""" % (ID.hex(), ID.hex())
METADATA = """Metadata-Version: 2.4
Name: demo
Version: 1.0
Requires-Python: >=3.8
Requires-Dist: numpy >=2 ; extra == "fast"
Provides-Extra: fast
License-Expression: MIT OR Apache-2.0
Description: first
        |second

body
"""

PYLOCK = """lock-version = "1.0"
environments = ["sys_platform == 'linux'"]
requires-python = ">=3.9"
created-by = "tests"

[[packages]]
name = "demo"
version = "1.0"
marker = "python_version < '4' and 'x' not in extras"
requires-python = ">=3.8"
dependencies = [{ name = "other" }]
index = "https://index.test/simple"
sdist = { url = "https://index.test/demo-1.0.tar.gz", size = 7, hashes = { sha256 = "%s" } }
wheels = [{ name = "demo-1.0-py3-none-any.whl", path = "w/x", upload-time = 2026-01-01T00:00:00.5Z, hashes = { sha256 = "%s" } }]
[[packages.attestation-identities]]
kind = "x"
[[packages]]
name = "other"
archive = { url = "https://index.test/other.zip", hashes = { sha256 = "%s" } }
[[packages]]
name = "third"
vcs = { type = "git", url = "https://index.test/x", commit-id = "1" }
""" % (ID.hex(), ID.hex(), ID.hex())

UV_LOCK = """version = 1
revision = 3
requires-python = ">=3.9"
[manifest]
requirements = [{ name = "demo", extras = ["fast"], marker = "python_full_version < '4'", specifier = ">=1" }]
constraints = [{ name = "other", specifier = "<3" }]
excludes = ["bar"]
[[package]]
name = "demo"
version = "1.0"
source = { registry = "https://index.test/simple" }
resolution-markers = ["python_full_version < '4'"]
dependencies = [{ name = "other", version = "1.0", source = { registry = "x" }, marker = "os_name == 'nt'" }]
wheels = [{ url = "https://index.test/demo-1.0-py3-none-any.whl", hash = "sha256:%s", size = 7 }]
[package.optional-dependencies]
fast = [{ name = "demo", extra = ["slow"] }]
[[package]]
name = "other"
version = "1.0"
source = { git = "https://index.test/x" }
""" % ID.hex()

SEEDS = {
    "fuzz_rows": [bytes([kind]) + b"\1" + row for kind, row in enumerate(ROWS)],
    "fuzz_manifest": [b"envtree1" + numbers("I", 2) + entry("bin/demo", 1) + entry("site/demo/__init__.py")],
    "fuzz_candidates": [b"\1" + numbers("I", 2) + text("1.0") + b"\0\0" + 4 * text("")
                        + text("2.0") + b"\1\1" + text("bad") + text("") + text("") + text("")],
    "fuzz_volatile_entry": [b"\0" + numbers("QQ", 7, 7), b"\1" + numbers("QQ", 8, 9) + b"row"],
    "fuzz_tree_info": [TREE_INFO],
    "fuzz_index_pages": [b"\0\0" + environment(), b"\1\3", b"\2\3", b"\1\5" + numbers("BHB", 9, 12, 1),
                         b"\2\7" + numbers("BHB", 4, 0x8000, 5), b"\2\5" + numbers("BHB", 9, 4000, 1)],
    "fuzz_launch_plan": [b"\1" + text("/usr/bin/python3") + text("/usr/bin") + text("3.11.2") + text("lib/site-packages")
                         + numbers("I", 1) + ID + b"\0\1" + texts("demo") + texts("share") + texts("/src")],
    "fuzz_zip": [wheel(zipfile.ZIP_STORED), wheel(zipfile.ZIP_DEFLATED)],
    "fuzz_zip_tail": [b"\0" + wheel(zipfile.ZIP_STORED), b"\x80" + wheel(zipfile.ZIP_DEFLATED)],
    "fuzz_sdist": [b"\0" + sdist("w"), b"\0" + sdist("w", tarfile.GNU_FORMAT), b"\0" + sdist("w:gz"), b"\0" + sdist("w:xz"),
                   b"\0" + sdist("w:bz2"), b"\1" + wheel(zipfile.ZIP_DEFLATED)],
    "fuzz_elf": [elf()],
    "fuzz_probe_answer": [FACTS],
    "fuzz_snapshot_record": [RECORD],
    "fuzz_script_metadata": [SCRIPT],
    "fuzz_script": [SCRIPT],
    "fuzz_pylock": [PYLOCK],
    "fuzz_uv_lock": [UV_LOCK],
    "fuzz_requirements_file": [REQUIREMENTS],
    "fuzz_env_file": [ENV],
    "fuzz_simple_html": [HTML],
    "fuzz_simple_json": [JSON],
    "fuzz_metadata": [METADATA],
    "fuzz_record": ["demo/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n\"a,b\",,\n"],
    "fuzz_entry_points": ["[console_scripts]\ndemo = demo.cli:main [fast]\n"],
    "fuzz_filename": ["demo-1.0-1a-cp311.cp312-abi3-manylinux_2_17_x86_64.whl", "demo-1.0.tar.gz"],
    "fuzz_marker": ["python_version >= '3.8' and (os_name == \"posix\" or 'x' in extras)"],
    "fuzz_requirement": ["demo[a,b] >=1.0, !=1.5.*, ~=1.2; python_version<'4'", "demo @ https://example.test/x ; a=='b'"],
    "fuzz_specifier": [">=1.0,!=1.5.*,~=1.2,===x,<2.0rc1"],
    "fuzz_version": ["1!2.3.4a5.post6.dev7+local.8"],
}

for target, seeds in SEEDS.items():
    folder = pathlib.Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (folder / str(number)).write_bytes(seed if isinstance(seed, bytes) else seed.encode())
