"""Makes wheels, valid and hostile, with the standard library alone. Every byte depends on the arguments only.

As a module:  path = make_wheel(folder, "name", "1.0", requires=["x>=1"], files={"name.py": "..."})
As a program: make_wheel.py FOLDER NAME VERSION [--requires R]... [--file PATH=TEXT]... [--hostile KIND] ...
"""

import argparse
import base64
import hashlib
import os
import re
import struct
import sys
import zlib

HOSTILE = {
    "traversal": "a member named ../evil.py",
    "absolute": "a member named /evil.py",
    "backslash": "a member named evil\\x.py",
    "symlink": "a member that is a symbolic link",
    "device": "a member that is a character device",
    "duplicate": "two different members of one name",
    "file_and_directory": "one name as file and as directory",
    "bad_record_hash": "a member's hash in RECORD is wrong",
    "bad_record_size": "a member's size in RECORD is wrong",
    "weak_record_hash": "a member's hash in RECORD is MD5",
    "no_record_hash": "a member's line in RECORD has no hash",
    "missing_in_record": "a member that RECORD does not list",
    "extra_in_record": "RECORD lists what is not there (good, with a warning)",
    "no_record": "no RECORD at all",
    "bomb": "a member of 4 GiB of zeros",
    "impossible_ratio": "a member that declares more than deflate can do",
    "too_short": "a member's data is shorter than declared",
    "crc": "a member's CRC is wrong",
    "encrypted": "a member is marked as encrypted",
    "method": "a member is compressed with bzip2's number",
    "local_mismatch": "a local header with another name than the directory's",
    "overlap": "two members share their data",
    "gap": "unexplained bytes between two members",
    "leading_garbage": "bytes before the first member",
    "trailing_garbage": "bytes behind the end",
    "truncated": "the second half is missing",
    "bad_wheel_version": "Wheel-Version: 2.0",
    "newer_wheel_version": "Wheel-Version: 1.9 (good, with a warning)",
    "name_mismatch": "METADATA is about another distribution",
    "version_mismatch": "METADATA is about another version",
    "no_dist_info": "no .dist-info directory",
    "two_dist_infos": "two .dist-info directories",
    "no_metadata": "no METADATA",
    "entry_point_traversal": "an entry point named ../evil",
    "entry_point_injection": "an entry point whose module is code",
    "entry_point_python": "an entry point named python",
    "data_traversal": ".data/scripts/../../evil",
    "unknown_data": "a file in .data/evil",
    "pyvenv_cfg": ".data/data/pyvenv.cfg",
}
HARMLESS = {"newer_wheel_version", "extra_in_record"}


class Member:
    def __init__(self, name, content, mode=0o100644, deflate=True):
        self.name, self.content, self.mode = name, content, mode
        self.method = 8 if deflate else 0
        self.flags = 0
        self.size = len(content)
        self.crc = zlib.crc32(content)
        self.data = _deflate(content) if deflate else content
        self.local_name = name
        self.gap = b""
        self.shares_data_of = None


def _deflate(content):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def _zeros(megabytes):
    """A deflate stream of `megabytes` MiB of zeros: the compressed block of one MiB, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * megabytes + b"\x03\x00"


def _write_zip(members):
    out, directory = b"", b""
    offsets = {}
    chunks = []
    position = 0
    for member in members:
        name = member.name.encode()
        if member.shares_data_of is not None:
            offset = offsets[member.shares_data_of]
        else:
            local_name = member.local_name.encode()
            header = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, member.flags | 0x800, member.method, 0, 0x21,
                                 member.crc, len(member.data), min(member.size, 0xFFFFFFFF), len(local_name), 0)
            chunk = member.gap + header + local_name + member.data
            offset = position + len(member.gap)
            chunks.append(chunk)
            position += len(chunk)
        offsets[member.name] = offset
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 0x314, 20, member.flags | 0x800, member.method, 0,
                                 0x21, member.crc, len(member.data), min(member.size, 0xFFFFFFFF), len(name), 0, 0,
                                 0, 0, member.mode << 16, offset) + name
    out = b"".join(chunks)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(out), 0)
    return out + directory + end


def _bytes(content):
    return content.encode() if isinstance(content, str) else content


def record_hash(content):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _csv(field):
    return '"%s"' % field.replace('"', '""') if re.search(r'[,"\r\n]', field) else field


def _metadata(name, version, requires, requires_python, extras, description):
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", f"Summary: {name} for tests"]
    if requires_python:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, needed in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        for requirement in needed:
            head, _, marker = requirement.partition(";")
            condition = f'({marker.strip()}) and extra == "{extra}"' if marker else f'extra == "{extra}"'
            lines.append(f"Requires-Dist: {head.strip()} ; {condition}")
    return "\n".join(lines) + "\n\n" + description


def _entry_points(groups):
    text = ""
    for group, points in groups.items():
        text += f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in points.items()) + "\n"
    return text


def metadata_of(name, version, requires=(), requires_python=None, extras=None, **_):
    """The text of METADATA, for package indexes that serve it beside the wheel (PEP 658)."""
    return _metadata(name, version, requires, requires_python, extras or {}, "Made for tests.\n")


def make_wheel(folder, name, version, requires=(), files=None, scripts=None, entry_points=None, data=None,
               requires_python=None, extras=None, tag="py3-none-any", build=None, hostile=None, mtime=None, description="Made for tests.\n"):
    """Writes a wheel and returns its path.

    files: path -> text or bytes, in site-packages; None: one module `name` with `__version__`.
    scripts: name -> text, in .data/scripts. data: path below .data (`data/share/x`, `headers/x.h`) -> content.
    entry_points: group -> {name: "module:attribute"}. extras: extra -> requirements. hostile: a key of HOSTILE.
    """
    if hostile is not None and hostile not in HOSTILE:
        raise ValueError(f"unknown kind of hostile wheel: {hostile}")
    stem = re.sub(r"[-_.]+", "_", name)
    escaped_version = version.replace("-", "_")
    info = f"{stem}-{escaped_version}.dist-info"
    data_folder = f"{stem}-{escaped_version}.data"
    if files is None:
        files = {f"{stem.lower()}.py": f"__version__ = {version!r}\n"}
    entry_points = {group: dict(points) for group, points in (entry_points or {}).items()}
    data = dict(data or {})

    points = entry_points.setdefault("console_scripts", {}) if (hostile or "").startswith("entry_point_") else {}
    if hostile == "entry_point_traversal":
        points["../evil"] = "os:getcwd"
    if hostile == "entry_point_injection":
        points["evil"] = "os; import antigravity as x:getcwd"
    if hostile == "entry_point_python":
        points["python"] = "os:getcwd"
    if hostile == "data_traversal":
        data["scripts/../../../evil"] = "evil"
    if hostile == "unknown_data":
        data["evil/evil"] = "evil"
    if hostile == "pyvenv_cfg":
        data["data/pyvenv.cfg"] = "home = /evil\n"

    members = [Member(path, _bytes(content), 0o100755 if path.endswith(".so") else 0o100644)
               for path, content in files.items()]
    members += [Member(f"{data_folder}/scripts/{path}", _bytes(content), 0o100755)
                for path, content in (scripts or {}).items()]
    members += [Member(f"{data_folder}/{path}", _bytes(content)) for path, content in data.items()]
    extra_members, after_record = _hostile_members(hostile, members, info)
    members += extra_members

    wheel_version = {"bad_wheel_version": "2.0", "newer_wheel_version": "1.9"}.get(hostile, "1.0")
    pure = "true" if tag.endswith("-any") else "false"
    tags = "".join(f"Tag: {p}-{a}-{q}\n" for p in tag.split("-")[0].split(".") for a in tag.split("-")[1].split(".")
                   for q in tag.split("-")[2].split("."))
    build_line = f"Build: {build}\n" if build else ""
    metadata = _metadata("another" if hostile == "name_mismatch" else name,
                         "99.9" if hostile == "version_mismatch" else version, requires, requires_python,
                         extras or {}, description)
    described = {
        "METADATA": metadata,
        "WHEEL": f"Wheel-Version: {wheel_version}\nGenerator: make_wheel\nRoot-Is-Purelib: {pure}\n{build_line}{tags}",
    }
    if entry_points:
        described["entry_points.txt"] = _entry_points(entry_points)
    if hostile == "no_metadata":
        del described["METADATA"]
    if hostile == "no_dist_info":
        described = {}
    members += [Member(f"{info}/{path}", text.encode()) for path, text in described.items()]
    if hostile not in ("no_record", "no_dist_info"):
        members.append(Member(f"{info}/RECORD", _record(members, f"{info}/RECORD", hostile).encode()))
    members += after_record

    archive = _spoil(_write_zip(members), hostile)
    file_tag = f"{build}-{tag}" if build else tag
    path = os.path.join(folder, f"{stem}-{escaped_version}-{file_tag}.whl")
    os.makedirs(folder, exist_ok=True)
    with open(path, "wb") as out:
        out.write(archive)
    if mtime is not None:
        os.utime(path, (mtime, mtime))
    return path


def _hostile_members(hostile, members, info):
    """Members before RECORD, which RECORD lists, and members after it, which it does not list."""
    evil = b"raise SystemExit('evil')\n"
    named = {"traversal": "../evil.py", "absolute": "/evil.py", "backslash": "evil\\x.py"}
    if hostile in named:
        return [Member(named[hostile], evil)], []
    if hostile == "symlink":
        return [Member("evil_link", b"/etc/passwd", 0o120777)], []
    if hostile == "device":
        return [Member("evil_device", b"", 0o020644)], []
    if hostile == "duplicate":
        return [], [Member(members[0].name, evil)]
    if hostile == "file_and_directory":
        return [Member(members[0].name + "/evil.py", evil)], []
    if hostile == "missing_in_record":
        return [], [Member("evil.py", evil)]
    if hostile == "two_dist_infos":
        return [Member("evil-1.0.dist-info/METADATA", evil)], []
    if hostile == "gap":
        gap = Member("evil.py", evil)
        gap.gap = b"hidden bytes"
        return [gap], []
    member = Member("evil.py", evil)
    if hostile == "bomb":
        member.data, member.size = _zeros(4095), 4095 << 20
    elif hostile == "impossible_ratio":
        member.size = 3 << 30
    elif hostile == "too_short":
        member.size += 10
    elif hostile == "crc":
        member.crc ^= 1
    elif hostile == "encrypted":
        member.flags = 1
    elif hostile == "method":
        member.method = 12
    elif hostile == "local_mismatch":
        member.local_name = "good.py"
    elif hostile == "overlap":
        second = Member("evil2.py", evil)
        second.local_name = "evil.py"
        second.shares_data_of = "evil.py"
        return [member, second], []
    else:
        return [], []
    return [member], []


def _record(members, own_path, hostile):
    lines = []
    for number, member in enumerate(members):
        digest, size = record_hash(member.content), str(len(member.content))
        if number == 0:
            if hostile == "bad_record_hash":
                digest = record_hash(member.content + b"x")
            if hostile == "bad_record_size":
                size = str(len(member.content) + 1)
            if hostile == "weak_record_hash":
                md5 = hashlib.md5(member.content).digest()
                digest = "md5=" + base64.urlsafe_b64encode(md5).rstrip(b"=").decode()
            if hostile == "no_record_hash":
                digest = ""
        lines.append(f"{_csv(member.name)},{digest},{size}")
    if hostile == "extra_in_record":
        lines.append(f"ghost.py,{record_hash(b'')},0")
    lines.append(f"{_csv(own_path)},,")
    return "\n".join(lines) + "\n"


def _spoil(archive, hostile):
    if hostile == "trailing_garbage":
        return archive + b"garbage"
    if hostile == "leading_garbage":
        return b"garbage" + archive
    if hostile == "truncated":
        return archive[: len(archive) // 2]
    return archive


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="hostile kinds: " + ", ".join(sorted(HOSTILE)))
    parser.add_argument("folder")
    parser.add_argument("name")
    parser.add_argument("version")
    parser.add_argument("--requires", action="append", default=[], metavar="REQUIREMENT")
    parser.add_argument("--requires-python")
    parser.add_argument("--file", action="append", default=[], metavar="PATH=TEXT")
    parser.add_argument("--script", action="append", default=[], metavar="NAME=TEXT")
    parser.add_argument("--data", action="append", default=[], metavar="PATH=TEXT")
    parser.add_argument("--entry-point", action="append", default=[], metavar="NAME=MODULE:ATTRIBUTE")
    parser.add_argument("--extra", action="append", default=[], metavar="NAME=REQUIREMENT")
    parser.add_argument("--tag", default="py3-none-any")
    parser.add_argument("--build")
    parser.add_argument("--hostile", choices=sorted(HOSTILE), metavar="KIND")
    arguments = parser.parse_args()

    def pairs(values):
        return dict(value.split("=", 1) for value in values)

    extras = {}
    for value in arguments.extra:
        extra, requirement = value.split("=", 1)
        extras.setdefault(extra, []).append(requirement)
    points = pairs(arguments.entry_point)
    print(make_wheel(arguments.folder, arguments.name, arguments.version, requires=arguments.requires,
                     files=pairs(arguments.file) or None, scripts=pairs(arguments.script), data=pairs(arguments.data),
                     entry_points={"console_scripts": points} if points else None,
                     requires_python=arguments.requires_python, extras=extras, tag=arguments.tag,
                     build=arguments.build, hostile=arguments.hostile))
    return 0


if __name__ == "__main__":
    sys.exit(main())
