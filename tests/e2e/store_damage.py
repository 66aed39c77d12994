"""Ways to damage a store, and what tests of `envstore verify` share."""
import hashlib
import json
import os
import pathlib

from support import EnvstoreTest


def writable(path):
    """Makes a file writable, so that it can be damaged as by an accident or a program of the same user."""
    os.chmod(path, os.stat(path).st_mode | 0o200)
    return path


class opened:
    """Makes a read-only directory of the store writable for the duration of the `with` block."""

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        self.mode = os.stat(self.directory).st_mode & 0o7777
        os.chmod(self.directory, self.mode | 0o200)

    def __exit__(self, *_):
        os.chmod(self.directory, self.mode)


def keep_stamps(path, change):
    before = os.stat(path)
    change(path)
    os.chmod(path, before.st_mode & 0o7777)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def edit(path):
    """Changes the bytes of a file, not its size."""
    mode = os.stat(path).st_mode & 0o7777
    data = bytearray(pathlib.Path(path).read_bytes())
    data[len(data) // 2] ^= 0x20
    with open(writable(path), "r+b") as stream:
        stream.write(data)
    os.chmod(path, mode)


def replace(path, data):
    """Replaces a file by a new inode."""
    mode = os.stat(path).st_mode & 0o7777
    with opened(path.parent):
        beside = path.with_name(".replacing")
        beside.write_bytes(data)
        os.chmod(beside, mode)
        os.rename(beside, path)


class VerifyTest(EnvstoreTest):
    def verify(self, *flags, code=0, env=None):
        self.settle()
        done = self.envstore("verify", "--json", *flags, env=env)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def paths(self, report):
        return sorted(damage["path"] for damage in report["found"])

    def object_of(self, path):
        digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
        return "objects/%s/%s" % (digest[:2], digest[2:])

    def tree_of(self, name):
        for path in (self.store / "trees").iterdir():
            if json.loads((path / "tree.json").read_text())["name"] == name:
                return path
        raise AssertionError("no tree of " + name)
