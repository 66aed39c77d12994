#!/usr/bin/env python3
"""Writes docs/explanations.md: what envstore, pip and uv print for the same failures.

    explanations.py --envstore PROGRAM --pip PROGRAM --uv PROGRAM [--python INTERPRETER] > docs/explanations.md

The cases, and their package indexes on loopback, are those of tests/e2e/classic_failures.py.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from classic_failures import FAILURES, printed  # noqa: E402

CALLERS_SETTINGS = ("UV_", "PIP_", "ENVSTORE_", "PYTHON", "VIRTUAL_ENV", "XDG_", "NO_COLOR")
HEAD = """# Explanations

What envstore, pip and uv print when something cannot be installed, for the same requests and package indexes. The page is made by
`tests/compare/explanations.py`, and a test compares envstore's texts with it. Addresses and paths are shortened. Lines
about progress are left out. %s.
"""


def environment_of(program, home):
    def environment(url):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(CALLERS_SETTINGS)}
        kept.update(HOME=home, NO_COLOR="1", PIP_DISABLE_PIP_VERSION_CHECK="1", UV_CACHE_DIR=home + "/cache",
                    ENVSTORE_ROOT=home + "/store", PIP_NO_CACHE_DIR="1")
        kept[{"envstore": "ENVSTORE_DEFAULT_INDEX", "pip": "PIP_INDEX_URL", "uv": "UV_DEFAULT_INDEX"}[program]] = url
        return kept
    return environment


def command_of(program, options, home):
    if program == "envstore":
        return [options.envstore, "run", "--no-config", "--python", options.python]
    if program == "pip":
        return [options.pip, "install", "--progress-bar", "off", "--target", home + "/installed"]
    return [options.uv, "pip", "install", "--no-config", "--no-progress", "--python", options.python, "--target", home + "/installed"]


def section(failure, options):
    print("\n## %s" % failure.title)
    for program in ("envstore", "pip", "uv"):
        if failure.flags[program] is None:
            print("\n%s has no such setting." % program)
            continue
        with tempfile.TemporaryDirectory(prefix="explain-", ignore_cleanup_errors=True) as home:
            text = printed(program, failure, home, command_of(program, options, home), environment_of(program, home))
        print("\n```console\n$ %s\n%s\n```" % (failure.command(program), text), flush=True)


def version_of(program):
    return subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--envstore", required=True)
    parser.add_argument("--pip", required=True)
    parser.add_argument("--uv", required=True)
    parser.add_argument("--python", default="/usr/bin/python3")
    options = parser.parse_args()
    print(HEAD % ("Here they are pip %s and uv %s" % (version_of(options.pip), version_of(options.uv))), end="")
    for failure in FAILURES:
        section(failure, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
