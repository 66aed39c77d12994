"""envstore verify: every kind of damage is found, nothing intact is reported, and all damage is repaired."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import unittest
import zipfile

from support import EnvstoreTest, TIMEOUT, ENVSTORE, remove_tree

LONG = os.environ.get("ENVSTORE_TEST_LONG") == "1"
SEED = int(os.environ.get("ENVSTORE_TEST_SEED", "20"))


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


class StoryTest(VerifyTest):
    """One damaged file, from its detection until both environments that use it work again."""

    def setUp(self):
        super().setUp()
        self.wheel("poison-me", files={"poisoned.py": "def answer():\n    return 'right'\n", "big.bin": os.urandom(200_000)})
        self.wheel("beside")
        self.first = self.script("import poisoned; print(poisoned.answer())\n", ["poison-me"], name="first.py")
        self.second = self.script("import poisoned, beside; print(poisoned.answer())\n", ["poison-me", "beside"], name="second.py")
        self.run_ok(self.first)
        self.run_ok("--layout", "forest", self.second)
        self.settle()
        self.good = (self.tree_of("poison-me") / "site/poisoned.py").read_text()
        self.object = self.object_of(self.tree_of("poison-me") / "site/poisoned.py")

    def poison_through_a_copy(self):
        forest = next((self.store / "snapshots").glob("*.forest"))
        copy = self.work / "synced"
        shutil.copytree(forest, copy, symlinks=True, copy_function=os.link)
        target = next(copy.rglob("poisoned.py"))
        text = self.good.replace("right", "wrong")
        with open(writable(target), "w") as stream:
            stream.write(text)
        os.chmod(target, 0o444)

    def test_a_poisoned_file_is_named_with_everybody_who_sees_it_and_healed(self):
        waiting = self.script("import poisoned, sys; print('ready', flush=True); sys.stdin.read()\n", ["poison-me"], name="waits.py")
        runner = subprocess.Popen([ENVSTORE, "run", str(waiting)], env=self.env, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(runner.wait, TIMEOUT)
        self.addCleanup(runner.stdout.close)
        self.addCleanup(runner.stdin.close)
        self.assertEqual(runner.stdout.readline(), "ready\n")
        self.poison_through_a_copy()
        self.assertEqual(self.run_ok("--layout", "forest", "--no-project", self.second).returncode, 0)

        report = self.verify(code=3)
        self.assertEqual(self.paths(report), [self.object])
        [damage] = report["found"]
        self.assertEqual(damage["damage"], "changed-content")
        self.assertEqual(damage["packages"], ["poison-me 1.0"])
        self.assertEqual(sorted(damage["snapshots"]), self.snapshots())
        self.assertIn("site/poisoned.py", damage["detail"])
        self.assertTrue({str(self.first), str(self.second)} <= set(damage["requests"]), damage)
        self.assertTrue(any("waits.py" in process["command"] for process in damage["processes"]), damage)

        text = self.envstore("verify")
        self.assertEqual(text.returncode, 3)
        for expected in ("site/poisoned.py", "poison-me 1.0", "first.py", "waits.py", "restart it"):
            self.assertIn(expected, text.stdout)

        healed = self.verify("--repair")
        self.assertEqual([d["outcome"] for d in healed["found"]], ["repaired"])
        self.assertTrue(healed["clean"])
        runner.stdin.close()
        self.assertEqual(self.verify("--full")["found"], [])
        self.assertEqual(self.run_ok(self.first).stdout, "right\n")
        self.assertEqual(self.run_ok("--layout", "forest", self.second).stdout, "right\n")

    def test_the_bytes_come_by_range_reads_of_the_one_member_of_the_wheel(self):
        keep_stamps(self.tree_of("poison-me") / "site/poisoned.py", edit)
        with self.server.state.lock:
            self.server.state.log.clear()
        self.assertEqual(self.verify()["found"], [])  # a quick check cannot detect it
        report = self.verify("--full", "--repair")
        self.assertEqual([d["outcome"] for d in report["found"]], ["repaired"], report)
        self.assertIn("poison_me-1.0", report["found"][0]["outcome_detail"])
        with self.server.state.lock:
            requests = [entry for entry in self.server.state.log if entry["path"].startswith("/files/")]
        wheel = next(self.wheels.glob("poison_me*"))
        with zipfile.ZipFile(wheel) as archive:
            members = archive.infolist()
            member = archive.getinfo("poisoned.py")
        self.assertEqual(len(requests), 2, requests)
        self.assertEqual(requests[0]["range"], "bytes=-16384")
        first, last = map(int, requests[1]["range"].removeprefix("bytes=").split("-"))
        self.assertEqual(first, member.header_offset)
        self.assertLess(last - first, 30 + len("poisoned.py") + 512 + member.compress_size)
        self.assertGreater(len(members), 3)
        self.assertEqual((self.tree_of("poison-me") / "site/poisoned.py").read_text(), self.good)

    def test_bytecode_of_a_poisoned_source_goes_with_the_poison(self):
        keep_stamps(self.tree_of("poison-me") / "site/poisoned.py",
                    lambda path: writable(path).write_text(self.good.replace("right", "wrong")))
        remove_tree(self.store / "bytecode" / self.tree_of("poison-me").name / "0")
        (self.store / "bytecode" / self.tree_of("poison-me").name / "0").mkdir(0o555)
        for marker in (self.store / "bytecode").rglob("complete*"):
            marker.unlink()
        self.assertEqual(self.run_ok("--compile-bytecode", "--refresh", self.first).stdout, "wrong\n")
        self.verify("--full", "--repair")
        self.assertEqual(self.run_ok(self.first).stdout, "right\n")
        self.assertEqual(self.verify("--full")["found"], [])

    def test_what_cannot_be_had_again_is_not_used_and_the_next_run_provides_it_anew(self):
        keep_stamps(self.tree_of("poison-me") / "site/poisoned.py", edit)
        report = self.verify("--full", "--repair", "--offline", code=3)
        self.assertEqual([d["outcome"] for d in report["found"]], ["set-aside"], report)
        self.assertIn("--offline", report["found"][0]["outcome_detail"])
        self.assertEqual(self.verify("--full")["found"], [])
        self.assertEqual(self.run_ok(self.first).stdout, "right\n")
        self.assertEqual(self.run_ok("--layout", "forest", self.second).stdout, "right\n")
        self.assertEqual(self.verify("--full")["found"], [])

    def test_a_lost_index_is_made_again(self):
        shutil.rmtree(self.store / "index")
        shutil.rmtree(self.store / "volatile")
        self.assertEqual(self.envstore("verify").returncode, 1)
        report = self.verify("--rebuild-index")
        self.assertEqual(report["rebuilt"]["trees"], 2)
        self.assertEqual(report["rebuilt"]["skipped"], [])
        self.assertEqual(self.run_ok("--offline", self.first).stdout, "right\n")

    def test_a_copied_store_is_hashed_cleared_and_noted_anew(self):
        copy = self.home / "copy"
        subprocess.run(["cp", "-a", str(self.store), str(copy)], check=True)
        env = {"ENVSTORE_ROOT": str(copy)}
        report = self.verify(env=env)
        self.assertEqual(report["found"], [])
        self.assertGreater(report["stamps_renewed"], 5)
        again = self.verify(env=env)
        self.assertEqual((again["found"], again["stamps_renewed"], again["files_hashed"]), ([], 0, 0))

    def test_a_sample_hashes_those_that_were_hashed_longest_ago(self):
        first = self.verify("--sample", "30%")
        self.assertGreater(first["files_hashed"], 0)
        whole = self.verify("--full")
        self.assertLess(first["files_hashed"], whole["files_hashed"])
        self.assertEqual(self.envstore("verify", "--sample", "none").returncode, 2)
        self.assertEqual(self.envstore("verify", "--sample", "0").returncode, 2)

    def test_the_json_is_as_its_page_says(self):
        self.poison_through_a_copy()
        report = self.verify(code=3)
        self.assertEqual(set(report), {"clean", "found", "foreign_bytecode", "spares_dropped", "files_looked_at", "files_hashed", "bytes_hashed",
                                       "stamps_renewed", "rebuilt"})
        self.assertEqual(set(report["found"][0]), {"damage", "path", "detail", "blob", "tree", "snapshot", "packages",
                                                   "snapshots", "requests", "roots", "processes", "outcome", "outcome_detail"})
        self.assertEqual(report["found"][0]["outcome"], "left")
        self.assertIs(report["clean"], False)
        self.assertIsNone(report["rebuilt"])


class EveryKindTest(VerifyTest):
    """Damage of every kind at random paths of a generated store."""

    PACKAGES = 100 if LONG else 16
    MODULES = 200 if LONG else 180
    PER_KIND = 12 if LONG else 2

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.names = ["pack%03d" % i for i in range(self.PACKAGES)]
        for name in self.names:
            self.generated_wheel(name)
        self.scripts = []
        for start in range(0, self.PACKAGES, 4):
            group = self.names[start : start + 6]
            body = "".join("import %s.part0.m0\n" % name for name in group) + "print('ran')\n"
            self.scripts.append((self.script(body, group, name="s%d.py" % start), ["--layout", "forest"] if start % 8 else []))
        for script, flags in self.scripts:
            self.run_ok(*flags, script)
        self.settle()
        self.trees = {name: self.tree_of(name) for name in self.names}
        self.expected, self.unseen_by_quick, self.taken = {}, {}, set()

    def generated_wheel(self, name):
        files = {"%s/__init__.py" % name: "", "%s/py.typed" % name: "", "%s/common.py" % name: "SHARED = 1\n",
                 "%s/native.so" % name: "SHARED = 1\n", "%s_top.py" % name: "TOP = %r\n" % name}
        if int(name[4:]) % 3 == 0:
            files["shared_space/%s.py" % name] = "NAME = %r\n" % name
        for i in range(self.MODULES):
            part = "%s/part%d" % (name, i % 7)
            size = self.random.choice([20, 300, 3000])
            files["%s/m%d.py" % (part, i)] = "X = %r\n" % ("".join(self.random.choices("abcdef \\n", k=size)))
            files.setdefault(part + "/__init__.py", "PART = %d\n" % (i % 7))
        self.wheel(name, files=files, scripts={name + "-tool": "#!python\nprint('tool')\n"},
                   data={"data/share/%s/doc.txt" % name: "About %s\n" % name, "data/etc/%s.conf" % name: "a = 1\n"},
                   entry_points={"console_scripts": {name + "-main": "%s.common:main" % name}})

    # Only files that no other tree shares are damaged, so that no two damages overlap.

    def modules(self, name):
        return [p for p in sorted((self.trees[name] / "site" / name).glob("part*/m*.py")) if p not in self.taken]

    def take_module(self, also=lambda path: True):
        while True:
            path = self.random.choice(self.modules(self.random.choice(self.names[: self.PACKAGES * 3 // 4])))
            if also(path):
                self.taken.add(path)
                return path

    def expect(self, kind, path, seen_by_quick=True):
        path = str(path.relative_to(self.store)) if isinstance(path, pathlib.Path) else path
        (self.expected if seen_by_quick else self.unseen_by_quick)[path] = kind

    def damage_content(self):
        for _ in range(self.PER_KIND):
            for change in ("append", "truncate", "edit", "empty", "chmod", "restored"):
                path = self.take_module()
                place = self.object_of(path)
                if change == "append":
                    with open(writable(path), "ab") as stream:
                        stream.write(b"evil = 1\n")
                    os.chmod(path, 0o444)
                elif change == "truncate":
                    os.truncate(writable(path), 7)
                    os.chmod(path, 0o444)
                elif change == "edit":
                    edit(path)
                elif change == "empty":
                    os.truncate(writable(path), 0)
                    os.chmod(path, 0o444)
                elif change == "chmod":
                    os.chmod(path, 0o644)
                else:
                    keep_stamps(path, edit)
                kind = "wrong-mode" if change == "chmod" else "changed-content"
                self.expect(kind, place, seen_by_quick=change != "restored")

    def damage_names(self):
        for _ in range(self.PER_KIND):
            path = self.take_module()
            place = self.store / self.object_of(path)
            replace(place, b"evil = 1\n")
            self.expect("changed-content", place)
            path = self.take_module()
            place = self.store / self.object_of(path)
            place.unlink()
            self.expect("missing", place)
            path = self.take_module()
            replace(path, b"x" * path.stat().st_size)
            self.expect("changed-content", path)
            path = self.take_module()
            with opened(path.parent):
                path.unlink()
            self.expect("missing", path)
            path = self.take_module()
            with opened(path.parent):
                path.unlink()
                path.symlink_to("/etc/hostname")
            self.expect("wrong-kind", path)
            path = self.trees[self.random.choice(self.names)] / "site" / "intruder" / ("evil%d.py" % self.random.getrandbits(30))
            with opened(path.parent.parent):
                path.parent.mkdir()
                path.write_text("evil = 1\n")
            self.expect("extra", path.parent)

    def damage_structure(self):
        forests = sorted((self.store / "snapshots").glob("*.forest"))
        farms = sorted((self.store / "snapshots").glob("*.farm"))
        link = self.random.choice([p for p in sorted(farms[0].rglob("*")) if p.is_symlink() and p.name.startswith("pack")])
        with opened(link.parent):
            link.unlink()
            link.symlink_to("/tmp")
        self.expect("wrong-kind", link)
        cache = self.random.choice(sorted(self.trees[self.names[1]].rglob("__pycache__")))
        with opened(cache.parent):
            cache.unlink()
            cache.symlink_to("../elsewhere")
        self.expect("wrong-kind", cache)
        part = sorted((self.trees[self.names[-1]] / "site" / self.names[-1]).glob("part*"))[0]
        os.chmod(part, 0o755)
        self.expect("wrong-mode", part)
        part = sorted((self.trees[self.names[-2]] / "site" / self.names[-2]).glob("part*"))[1]
        with opened(part.parent):
            remove_tree(part)
        self.expect("missing", part)
        extra = forests[0] / "share" / "evil.txt"
        with opened(extra.parent):
            extra.write_text("evil\n")
        self.expect("extra", extra)
        (self.store / "objects" / "zz").write_text("evil\n")
        self.expect("extra", "objects/zz")
        manifest = self.trees[self.names[-3]] / "manifest"
        edit(manifest)
        self.expect("damaged-manifest", manifest)
        described = self.trees[self.names[-4]] / "tree.json"
        writable(described).write_text(described.read_text().replace("1.0", "1.1"))
        self.expect("damaged-manifest", described)
        record = sorted((self.store / "snapshots").glob("*.json"))[0]
        record.unlink()
        self.expect("missing", record)

    def plant_bytecode(self):
        slots = self.store / "bytecode" / self.trees[self.names[0]].name
        compiled = sorted(slots.rglob("*.pyc"))
        self.assertTrue(compiled, "nothing was compiled")
        edited, replaced, restored = self.random.sample(compiled, 3)
        edit(edited)
        self.expect("foreign-bytecode", edited)
        replace(replaced, replaced.read_bytes()[:16] + b"evil")
        # A file that replaced a compiled one may have been written by Python: it is dropped and is not damage.
        keep_stamps(restored, edit)
        self.expect("foreign-bytecode", restored, seen_by_quick=False)
        planted = edited.parent / "intruder.cpython-311.pyc"
        with opened(planted.parent):
            planted.write_bytes(edited.read_bytes())
        self.foreign = [replaced, planted]

    def kinds(self, report):
        return {damage["path"]: damage["damage"] for damage in report["found"]}

    def test_every_kind_is_seen_nothing_else_is_reported_and_all_of_it_repaired(self):
        self.assertEqual(self.verify("--full")["found"], [])
        looked_at = sum(len(list(tree.rglob("*.py"))) for tree in self.trees.values())
        self.assertGreater(looked_at, 20_000 if LONG else 2_500)
        self.damage_content()
        self.damage_names()
        self.damage_structure()
        self.plant_bytecode()
        quick = self.verify(code=3)
        self.assertEqual(self.kinds(quick), self.expected)
        self.assertEqual(quick["foreign_bytecode"], len(self.foreign))
        self.assertEqual([path for path in self.foreign if path.exists()], [])
        everything = {**self.expected, **self.unseen_by_quick}
        self.assertEqual(self.kinds(self.verify("--full", code=3)), everything)
        self.assertEqual(self.kinds(self.verify("--strict", code=3)), everything)
        repaired = self.verify("--full", "--repair")
        self.assertEqual(self.kinds(repaired), everything)
        self.assertEqual({d["path"]: d["outcome_detail"] for d in repaired["found"] if d["outcome"] != "repaired"}, {})
        self.assertEqual(self.verify("--strict")["found"], [])
        for script, flags in self.scripts:
            self.assertEqual(self.run_ok("--offline", *flags, script).stdout, "ran\n")


if __name__ == "__main__":
    unittest.main()
