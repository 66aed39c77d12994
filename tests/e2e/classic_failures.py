"""Requests that no program can meet: one package index each, and how envstore, pip and uv are asked.

The page docs/explanations.md is made of them (tests/compare/explanations.py) and test_explanations.py compares what envstore
prints with that page.
"""
import os
import pathlib
import re
import subprocess

from index_server import IndexServer
from make_sdist import make_sdist
from make_wheel import make_wheel

BROKEN_BUILD = """
    sys.stderr.write("cc -c src/canvas.c -o build/canvas.o\\n")
    sys.stderr.write("src/canvas.c:3:10: fatal error: ffi.h: No such file or directory\\n")
    sys.stderr.write("compilation terminated.\\n")
    raise SystemExit(1)
"""


#: Lines that are no part of an explanation.
PROGRESS = ("made the store", "Looking in indexes", "Collecting ", "Downloading ", "Preparing ", "Installing ", "Getting ",
            "Building wheel", "Using CPython", "Resolved ", "Building ", "Prepared ", "Installed ", "Successfully ", "INFO: ", "Obtaining ", "+ ")


def versions(folder, name, *of, **options):
    for version in of:
        make_wheel(folder, name, version, **options)


class Failure:
    """`make` fills the folder of the index. `requirements` are asked of all three, with the flags of each; None: it has none
    that means this."""

    def __init__(self, title, make, *requirements, envstore=(), uv=(), pip=(), **server):
        self.title, self.make, self.requirements, self.server = title, make, requirements, server
        self.flags = {"envstore": envstore, "uv": uv, "pip": pip}

    def words(self, program):
        flags = list(self.flags[program])
        if program != "envstore":
            return flags + list(self.requirements)
        return flags + [word for each in self.requirements for word in ("--with", each)] + ["python", "-c", "0"]

    def command(self, program):
        """As a user types it."""
        start = {"envstore": "envstore run", "pip": "pip install", "uv": "uv pip install"}[program]
        quoted = ["'%s'" % word if re.search(r"[<>\[]", word) else word for word in self.words(program)]
        return " ".join([start, *quoted])


def two_versions(folder):
    make_wheel(folder, "site", "1.0", requires=["engine<2"])
    make_wheel(folder, "report", "1.0", requires=["engine>=2"])
    versions(folder, "engine", "1.0", "1.1", "2.0")


def through_three(folder):
    for version in ("4.0", "4.1", "4.2"):
        make_wheel(folder, "site", version, requires=["web>=2"])
    for version in ("2.0", "2.1"):
        make_wheel(folder, "web", version, requires=["engine<3"])
    make_wheel(folder, "report", "7.0", requires=["engine>=3"])
    make_wheel(folder, "report", "6.0", requires=["engine>=3"])
    versions(folder, "engine", "1.0", "2.0", "3.0")


def old_python(folder):
    versions(folder, "engine", "2.0", "2.1", requires_python=">=3.42")
    versions(folder, "engine", "1.0")


def prereleases(folder):
    make_wheel(folder, "site", "1.0", requires=["engine>=2"])
    versions(folder, "engine", "1.0", "2.1b1", "2.1rc1")


def windows(folder):
    versions(folder, "engine", "1.0", "1.1", tag="cp311-cp311-win_amd64")


def yanked(folder):
    versions(folder, "engine", "1.0", "1.1", "2.0")


def unbuildable(folder):
    make_sdist(pathlib.Path(folder), "engine", "1.0", code=BROKEN_BUILD)


def one_wheel(folder):
    make_wheel(folder, "engine", "1.0")


def with_extra(folder):
    make_wheel(folder, "engine", "1.0", extras={"fast": [], "small": []})


FAILURES = [
    Failure("Two packages want different versions of a third", two_versions, "site", "report"),
    Failure("A conflict through three packages", through_three, "site", "report"),
    Failure("The Python is too old", old_python, "engine>=2", requires_python={
        "engine-2.0-py3-none-any.whl": ">=3.42", "engine-2.1-py3-none-any.whl": ">=3.42"}),
    Failure("Only prereleases, which are not allowed", prereleases, "site", envstore=["--prerelease", "disallow"],
            uv=["--prerelease", "disallow"], pip=None),
    Failure("Wheels for Windows only", windows, "engine"),
    Failure("Only a yanked version is left", yanked, "engine>=2", yanked={"engine-2.0-py3-none-any.whl": "loses data"}),
    Failure("A source distribution that does not build", unbuildable, "engine"),
    Failure("A file that does not have the index's hash", one_wheel, "engine", wrong_hash=True),
    Failure("Offline", one_wheel, "engine", envstore=["--offline"], uv=["--offline"], pip=["--no-index"]),
    Failure("A name with a typo", one_wheel, "engin"),
    Failure("An extra that does not exist", with_extra, "engine[fats]"),
]


def printed(program, failure, folder, command, environment):
    """What one program prints for a failure in a new `folder`, with paths and the address of the index replaced.
    `command`: its first words; `environment`: a function of the address of the index."""
    wheels = pathlib.Path(folder, "wheels")
    wheels.mkdir()
    failure.make(wheels)
    with IndexServer(wheels, **failure.server) as server:
        done = subprocess.run([*command, *failure.words(program)], cwd=folder, env=environment(server.url), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        text = done.stdout.replace(server.url, "http://localhost/simple/").replace(server.url.rsplit("/simple", 1)[0], "http://localhost")
    text = re.sub(r"\x1b\[[0-9;]*m", "", text.replace(os.fspath(folder), "/home/user"))
    text = re.sub(r"(logs/build-engine-1\.0-)[^ ]*?(\.log)", r"\1ID\2", text)
    text = re.sub(r"\b(?!0{64})[0-9a-f]{64}\b", "5f" * 32, text)
    text = re.sub(r"this is Python 3\.[0-9]+\.[0-9]+", "this is Python 3.11.2", text)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for line in lines if not line.strip().startswith(PROGRESS))
