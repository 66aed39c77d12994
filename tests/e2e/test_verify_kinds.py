"""envstore verify: damage of every kind is found at random paths, nothing intact is reported, and all of it is repaired."""
import os
import pathlib
import random
import unittest

from support import remove_tree
from store_damage import edit, keep_stamps, opened, replace, VerifyTest, writable

LONG = os.environ.get("ENVSTORE_TEST_LONG") == "1"
SEED = int(os.environ.get("ENVSTORE_TEST_SEED", "20"))


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

    def test_every_kind_is_found_nothing_else_is_reported_and_all_of_it_is_repaired(self):
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
