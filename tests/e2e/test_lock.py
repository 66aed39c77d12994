"""`envstore lock`, and runs from a lock file."""
import hashlib
import json
import os
import pathlib
import re
import sys
import unittest

from support import EnvstoreTest, files_under
from make_wheel import make_wheel

if sys.version_info >= (3, 11):
    import tomllib


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class LockTest(EnvstoreTest):
    server_options = {"format": "json"}
    CODE = ("python", "-c", "import demo, other; print(demo.VERSION, other.VERSION)")

    def setUp(self):
        super().setUp()
        self.wheel("demo", "1.0", requires=["other"])
        self.wheel("other", "1.0")
        self.file = self.work / "pylock.toml"

    def lock(self, *arguments, code=0, **options):
        done = self.envstore("lock", *arguments, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def locked(self):
        return dict(re.findall(r'^name = "(.*)"\nversion = "(.*)"$', self.file.read_text(), re.M))

    def run_locked(self, file="pylock.toml", **options):
        return self.run_ok("--with-requirements", file, *self.CODE, **options)

    def wheels_entry(self, name, version="1.0", **extra):
        path = self.wheels / ("%s-%s-py3-none-any.whl" % (name, version))
        keys = {"path": json.dumps(str(path)), "hashes": '{ sha256 = "%s" }' % digest(path), **extra}
        return "wheels = [{ %s }]\n" % ", ".join("%s = %s" % pair for pair in keys.items() if pair[1])

    def write(self, *entries, head="", file=None):
        text = "lock-version = '1.0'\ncreated-by = 'tests'\n" + head
        text += "".join("[[packages]]\n" + entry for entry in entries) if entries else "packages = []\n"
        (file or self.file).write_text(text)


class Writing(LockTest):
    def test_a_script_is_locked_with_all_that_it_needs(self):
        self.server.set(requires_python={"other-1.0-py3-none-any.whl": ">=3.7"})
        self.lock(self.script("", ["demo"]), "-o", "pylock.toml")
        text = self.file.read_text()
        self.assertEqual(self.locked(), {"demo": "1.0", "other": "1.0"})
        self.assertIn('dependencies = [{ name = "other" }]\nindex = "%s"\n' % self.server.url.rstrip("/"), text)
        self.assertIn('requires-python = ">=3.7"', text)
        self.assertIn(digest(self.wheels / "demo-1.0-py3-none-any.whl"), text)
        self.assertIn("size = %d" % (self.wheels / "demo-1.0-py3-none-any.whl").stat().st_size, text)
        self.assertFalse(self.snapshots())
        self.assertFalse(self.left_over())

    @unittest.skipIf(sys.version_info < (3, 11), "needs tomllib")
    def test_the_text_is_toml_as_the_specification_has_it(self):
        self.server.set(requires_python={"other-1.0-py3-none-any.whl": ">=3.7"})
        (self.wheels / "demo-1.0.tar.gz").write_bytes(b"an sdist")
        lock = tomllib.loads(self.lock("--with", "demo").stdout)
        self.assertEqual(lock["lock-version"], "1.0")
        self.assertEqual(lock["created-by"], "envstore")
        [demo, other] = lock["packages"]
        self.assertEqual(demo["sdist"]["hashes"], {"sha256": hashlib.sha256(b"an sdist").hexdigest()})
        self.assertEqual(list(other), ["name", "version", "requires-python", "index", "wheels"])

    def test_the_same_input_gives_the_same_bytes_and_the_file_is_left_alone(self):
        for _ in range(2):
            self.lock("--with", "demo", "-o", self.file)
            stamp = os.stat(self.file)
            self.assertEqual(self.lock("--with", "demo").stdout, self.file.read_text())
        self.lock("--with", "demo", "-o", self.file)
        self.assertEqual(os.stat(self.file), stamp)

    def test_requirements_files_and_standard_input(self):
        (self.work / "a.txt").write_text("demo\n")
        (self.work / "b.txt").write_text("other==1.0\n")
        both = self.lock("a.txt", "b.txt").stdout
        self.assertEqual(self.lock("-r", "a.txt", "-r", "b.txt").stdout, both)
        self.assertEqual(self.lock("-", stdin="demo\n").stdout, both)

    def test_versions_of_the_existing_lock_stay_until_they_are_upgraded(self):
        self.lock("--with", "demo", "-o", self.file)
        self.wheel("demo", "2.0", requires=["other"])
        self.wheel("other", "2.0")
        self.lock("--with", "demo", "-o", self.file, "--refresh")
        self.assertEqual(self.locked(), {"demo": "1.0", "other": "1.0"})
        done = self.lock("--with", "demo", "-o", self.file, "-P", "demo")
        self.assertEqual(self.locked(), {"demo": "2.0", "other": "1.0"})
        self.assertIn("Updated demo 1.0 -> 2.0\n", done.stderr)
        self.lock("--with", "demo", "-o", self.file, "--upgrade")
        self.assertEqual(self.locked(), {"demo": "2.0", "other": "2.0"})
        done = self.lock("--with", "other<2", "-o", self.file)
        self.assertEqual(self.locked(), {"other": "1.0"})
        self.assertIn("Removed demo 2.0\n", done.stderr)

    def test_the_markers_that_decided_are_its_environments(self):
        self.wheel("conditional", requires=["demo; sys_platform == 'linux'", "missing; os_name == 'nt'"])
        text = self.lock("--with", "conditional").stdout
        self.assertIn("environments = [\"os_name == 'posix' and sys_platform == 'linux'\"]\n", text)

    def test_files_that_do_not_fit_here_are_left_out(self):
        make_wheel(self.wheels, "demo", "1.0", tag="cp27-cp27m-win32", files={"demo.py": ""})
        self.assertNotIn("win32", self.lock("--with", "demo").stdout)

    def test_another_environment(self):
        self.wheel("demo", "2.0", requires=["other", "on-windows; sys_platform == 'win32'", "new; python_version >= '3.42'"],
                   tag="cp342-cp342-win_amd64")
        self.wheel("on-windows"), self.wheel("new")
        self.lock("--with", "demo", "-o", "pylock.toml")
        self.assertEqual(self.locked(), {"demo": "1.0", "other": "1.0"})
        self.lock("--with", "demo", "-o", "pylock.toml", "--upgrade", "--python-platform", "windows", "--python-version", "3.42")
        self.assertEqual(self.locked(), {"demo": "2.0", "new": "1.0", "on-windows": "1.0", "other": "1.0"})
        text = self.file.read_text()
        self.assertIn("sys_platform == 'win32'", text)
        self.assertIn('requires-python = ">=3.42.0"', text)
        self.assertIn("cannot install what", self.run_fails("--with-requirements", "pylock.toml", "python", "-c", "0").stderr)
        script = self.script("", ["demo"], head='# requires-python = ">=3.42"\n')
        self.lock(script, "-o", "pylock.toml", "--python-version", "3.42.1")
        self.assertEqual(self.locked(), {"demo": "1.0", "other": "1.0"})
        self.assertIn("requires-python is >=3.42", self.lock(script, "--python-version", "3.12", code=1).stderr)
        for words in (["--python-platform", "beos"], ["--python-version", "three"]):
            self.assertIn("'%s'" % words[1], self.lock("--with", "demo", *words, code=2).stderr)

    def test_names_of_the_file(self):
        for name in ("lock.toml", "pylock.a.b.toml", "pylock..toml", "PYLOCK.toml"):
            self.assertIn("pylock.NAME.toml", self.lock("--with", "demo", "-o", name, code=2).stderr)
        self.lock("--with", "demo", "-o", "pylock.dev.toml")
        self.assertIn("-o", self.lock("pylock.dev.toml", code=2).stderr)

    def test_another_file_is_not_overwritten(self):
        for text in ("[tool]\n", "no toml", "lock-version = '9.0'\n"):
            self.file.write_text(text)
            self.assertIn("pylock.toml", self.lock("--with", "demo", "-o", self.file, code=1).stderr)
            self.assertEqual(self.file.read_text(), text)

    def test_a_failure_leaves_the_lock_as_it_was(self):
        self.lock("--with", "demo", "-o", self.file)
        before = self.file.read_bytes()
        self.lock("--with", "missing", "-o", self.file, code=1)
        self.assertEqual(self.file.read_bytes(), before)
        self.assertEqual(sorted(os.listdir(self.work)), ["pylock.toml"])

    def test_a_link_stays_a_link_and_modes_stay(self):
        real = self.home / "real.toml"
        self.lock("--with", "demo", "-o", self.file)
        self.file.rename(real)
        real.chmod(0o600)
        self.file.symlink_to(real)
        self.lock("--with", "other", "-o", self.file)
        self.assertTrue(self.file.is_symlink())
        self.assertEqual(self.locked(), {"other": "1.0"})
        self.assertEqual(real.stat().st_mode & 0o777, 0o600)

    def test_what_is_locked_is_one_thing(self):
        script = self.script("", ["demo"])
        self.lock(code=2)
        self.lock(script, "--with", "other", code=2)
        self.lock("--script", script, "-r", "a.txt", code=2)

    def test_a_script_without_dependencies_and_one_with_another_name(self):
        self.assertIn("packages = []", self.lock(self.script("", [])).stdout)
        script = self.script("", ["other"], name="tool")
        self.assertIn('name = "other"', self.lock("--script", script).stdout)

    def test_credentials_are_not_written(self):
        url = self.server.url.replace("://", "://user:secret@").replace("/simple", "/auth/simple")
        done = self.lock("--with", "demo", "--default-index", url, "-o", self.file)
        self.assertNotIn("secret", self.file.read_text() + done.stderr)
        self.assertIn("/auth/simple", self.file.read_text())

    def test_files_without_a_hash_are_hashed(self):
        self.server.set(page_hashes=False)
        self.assertIn(digest(self.wheels / "demo-1.0-py3-none-any.whl"), self.lock("--with", "demo").stdout)
        text = self.lock("--with", "demo", "--no-index", "-f", self.wheels).stdout
        self.assertIn('url = "file://%s/demo-1.0-py3-none-any.whl"' % self.wheels, text)
        self.assertIn(digest(self.wheels / "demo-1.0-py3-none-any.whl"), text)
        self.assertNotIn("index = ", text)

    def test_a_direct_reference_is_an_archive(self):
        path = self.wheels / "demo-1.0-py3-none-any.whl"
        text = self.lock("--with", "demo @ " + path.as_uri()).stdout
        self.assertIn('archive = { path = "%s", hashes = { sha256 = "%s" } }' % (path, digest(path)), text)
        self.file.write_text(text)
        self.assertEqual(self.run_locked().stdout, "1.0 1.0\n")


class Reading(LockTest):
    def test_a_run_installs_what_was_locked_and_resolves_nothing(self):
        self.lock("--with", "demo", "-o", self.file)
        self.wheel("demo", "2.0")
        self.server.reset()
        self.assertEqual(self.run_locked().stdout, "1.0 1.0\n")
        self.assertEqual(self.server.count("/simple/"), 0)
        self.assertEqual(self.server.count("/files/"), 2)
        before = files_under(self.work, ".")
        done = self.run_locked(env={"UV_OFFLINE": "1"})
        self.assertEqual(done.stdout, "1.0 1.0\n")
        self.assertEqual(files_under(self.work, "."), before)

    def test_extras_and_groups(self):
        self.wheel("fast"), self.wheel("tester"), self.wheel("main")

        def entry(name, marker=""):
            return "name = '%s'\nversion = '1.0'\n%s%s" % (name, marker and 'marker = "%s"\n' % marker, self.wheels_entry(name))

        self.write(entry("demo"), entry("other"), entry("fast", "'fast' in extras"), entry("tester", "'test' in dependency_groups"),
                   entry("main", "'main' in dependency_groups"),
                   head="extras = ['fast']\ndependency-groups = ['test']\ndefault-groups = ['main']\n")

        def installed(*words):
            code = "import importlib.util as u; print([n for n in ('demo', 'fast', 'tester', 'main') if u.find_spec(n)])"
            return self.run_ok("--no-project", "--with-requirements", "pylock.toml", *words, "python", "-I", "-c", code).stdout.strip()

        for _ in range(2):  # cold and warm
            self.assertEqual(installed(), "['demo', 'main']")
            self.assertEqual(installed("--extra", "Fast"), "['demo', 'fast', 'main']")
            self.assertEqual(installed("--group", "test", "--no-default-groups"), "['demo', 'tester']")
            self.assertEqual(installed("--all-extras", "--all-groups", "--no-group", "main"), "['demo', 'fast', 'tester']")
        for words in (["--extra", "slow"], ["--group", "slow"]):
            self.assertIn("no lock file has it", self.run_fails("--with-requirements", "pylock.toml", *words, "python", code=2).stderr)
        self.assertIn("none is given", self.run_fails("--with", "demo", "--extra", "fast", "python", code=2).stderr)

    def test_a_changed_lock_is_read_again(self):
        self.lock("--with", "demo", "-o", self.file)
        self.run_locked(), self.run_locked()
        self.wheel("other", "2.0")
        self.lock("--with", "demo", "-o", self.file, "-P", "other")
        self.assertEqual(self.run_locked().stdout, "1.0 2.0\n")

    def test_a_lock_lies_over_the_script_and_under_with(self):
        self.wheel("other", "2.0")
        self.write('name = "other"\n' + self.wheels_entry("other"))
        code = "import demo, other; print(demo.VERSION, other.VERSION)"
        script = self.script(code, ["demo"])
        self.assertEqual(self.run_ok("--with-requirements", "pylock.toml", script).stdout, "1.0 1.0\n")
        self.assertEqual(self.run_ok("--with-requirements", "pylock.toml", "--with", "demo", *self.CODE).stdout, "1.0 1.0\n")

    def test_another_hash_is_refused_and_nothing_is_installed(self):
        for hashes in ('{ sha256 = "%s" }' % ("0" * 64), '{ sha512 = "%s" }' % ("0" * 128)):
            self.write('name = "other"\n' + self.wheels_entry("other", hashes=hashes))
            self.run_fails("--with-requirements", "pylock.toml", *self.CODE)
        url = '"%sfiles/other-1.0-py3-none-any.whl"' % self.server.url.replace("simple/", "")
        self.write('name = "other"\n' + self.wheels_entry("other", path=None, url=url, size="7"))
        self.run_fails("--with-requirements", "pylock.toml", *self.CODE)
        self.assertFalse(self.snapshots())
        self.write('name = "other"\n' + self.wheels_entry("other", path=None, url=url))
        self.run_ok("--with-requirements", "pylock.toml", "python", "-c", "import other")

    def test_a_wheel_in_the_store_with_another_hash_does_not_count(self):
        self.run_ok("--with", "demo", *self.CODE)
        self.write('name = "other"\n' + self.wheels_entry("other", hashes='{ sha512 = "%s" }' % ("0" * 128)))
        self.run_fails("--with-requirements", "pylock.toml", *self.CODE)

    def test_a_weak_hash_and_a_missing_file_are_refused(self):
        self.write('name = "other"\n' + self.wheels_entry("other", hashes='{ md5 = "%s" }' % ("0" * 32)))
        self.assertIn("no hash that proves", self.run_fails("--with-requirements", "pylock.toml", *self.CODE).stderr)
        self.write('name = "other"\n' + self.wheels_entry("other", path='"missing/other-1.0-py3-none-any.whl"'))
        self.assertIn("missing", self.run_fails("--with-requirements", "pylock.toml", *self.CODE).stderr)
        self.assertIn("nothing.toml", self.run_fails("--with-requirements", "pylock.nothing.toml", *self.CODE).stderr)

    def test_a_local_wheel_that_was_rewritten_no_longer_fits_but_what_the_store_has_still_does(self):
        code = ("python", "-c", "import other; print(other.VERSION)")
        self.write('name = "other"\n' + self.wheels_entry("other"))
        self.wheel("other", "1.0", files={"other.py": "VERSION = 'changed'\n"})
        self.run_fails("--with-requirements", "pylock.toml", *code)
        self.write('name = "other"\n' + self.wheels_entry("other"))
        self.run_ok("--with-requirements", "pylock.toml", *code)
        self.wheel("other", "1.0")
        for _ in range(2):
            self.assertEqual(self.run_ok("--with-requirements", "pylock.toml", *code).stdout, "changed\n")

    def test_a_file_that_does_not_fit_is_reported_with_file_and_line(self):
        other = 'name = "other"\n'
        cases = [
            (["name = 'other'\n" + self.wheels_entry("other"), other + self.wheels_entry("other")], "", "line 6: other"),
            ([other + "requires-python = '>=3.99'\n" + self.wheels_entry("other")], "", "line 3: other: it needs Python"),
            ([other + "vcs = { type = 'git' }\n"], "", "line 3: other: its vcs would have to be built"),
            ([], "environments = [\"sys_platform == 'win32'\"]\n", "other environments"),
            ([], "requires-python = '>=3.99'\n", "for Python >=3.99"),
            (["name = 'other'\nversion = 'x'\n"], "", "line 5, column 11"),
        ]
        for entries, head, expected in cases:
            with self.subTest(expected):
                self.write(*entries, head=head)
                error = self.run_fails("--with-requirements", "pylock.toml", *self.CODE).stderr
                self.assertIn(expected, error)
                self.assertIn("pylock.toml", error)
        self.file.write_text("lock-version = '2.0'\n")
        self.assertIn("lock-version 2.0", self.run_fails("--with-requirements", "pylock.toml", *self.CODE).stderr)

    def test_a_newer_minor_version_is_read_with_a_warning(self):
        self.file.write_text("lock-version = '1.1'\ncreated-by = 'x'\nnovel = 1\n[[packages]]\nname = 'other'\n"
                             + self.wheels_entry("other"))
        done = self.run_ok("--with-requirements", "pylock.toml", "python", "-c", "import other")
        self.assertIn("'novel'", done.stderr)

    def test_a_lock_is_no_part_of_another_file(self):
        self.write()
        (self.work / "r.txt").write_text("-r pylock.toml\n")
        self.assertIn("as a whole", self.run_fails("--with-requirements", "r.txt", *self.CODE).stderr)
        self.assertEqual(self.run_ok("--with-requirements", "pylock.toml", "python", "-c", "print(1)").stdout, "1\n")


class ScriptLocks(LockTest):
    """SCRIPT.py.lock in uv's format."""

    SHOW = "import demo, other; print(demo.VERSION, other.VERSION)"

    def uv_lock(self, script, requirements='{ name = "demo" }', head="", hashes=None):
        text = "version = 1\nrevision = 3\nrequires-python = '>=3.7'\n%s[manifest]\nrequirements = [%s]\n" % (head, requirements)
        for name, needs in (("demo", '{ name = "other" }'), ("other", "")):
            file = "%s-1.0-py3-none-any.whl" % name
            text += "[[package]]\nname = '%s'\nversion = '1.0'\nsource = { registry = '%s' }\ndependencies = [%s]\n" % (
                name, self.server.url, needs)
            text += "wheels = [{ url = '%s', hash = 'sha256:%s' }]\n" % (
                self.server.url.replace("/simple/", "/files/") + file, hashes or digest(self.wheels / file))
        pathlib.Path(str(script) + ".lock").write_text(text)

    def test_a_script_runs_as_its_lock_has_it(self):
        script = self.script(self.SHOW, ["demo"])
        self.uv_lock(script)
        self.wheel("demo", "2.0", requires=["other"])
        before = files_under(self.work, ".")
        self.server.reset()
        for arguments in ((), ("--locked",), ("--frozen",), ()):
            self.assertEqual(self.run_ok(*arguments, script).stdout, "1.0 1.0\n")
        self.assertEqual(self.server.count("/simple/"), 0)
        self.assertEqual(files_under(self.work, "."), before)
        self.assertEqual(self.run_ok("--no-lock", script).stdout, "2.0 1.0\n")
        pathlib.Path(str(script) + ".lock").unlink()
        self.assertEqual(self.run_ok(script).stdout, "2.0 1.0\n")

    def test_a_lock_that_does_not_answer_the_block_is_an_error_unless_it_is_frozen(self):
        script = self.script(self.SHOW, ["demo", "other<2"])
        self.uv_lock(script)
        for arguments in ((), ("--locked",)):
            error = self.run_fails(*arguments, script).stderr
            self.assertIn("'other<2' is not in it", error)
            self.assertIn("--frozen", error)
        self.assertEqual(self.run_ok("--frozen", script).stdout, "1.0 1.0\n")
        self.assertEqual(self.run_ok(script, env={"UV_FROZEN": "1"}).stdout, "1.0 1.0\n")
        self.run_fails(script)
        self.uv_lock(script, '{ name = "other", specifier = "<2" }, { name = "demo" }')
        self.assertEqual(self.run_ok(script).stdout, "1.0 1.0\n")

    def test_a_lock_made_without_the_metadata_that_the_block_states_does_not_answer_it(self):
        stated = '[[tool.uv.dependency-metadata]]\nname = "demo"\nrequires-dist = ["other"]'
        script = self.script(self.SHOW, ["demo"], head="".join("# %s\n" % line for line in stated.split("\n")))
        self.uv_lock(script)
        self.assertIn("dependency-metadata", self.run_fails(script).stderr)
        lock = pathlib.Path(str(script) + ".lock")
        lock.write_text(lock.read_text().replace(
            "[[package]]", "[[manifest.dependency-metadata]]\nname = 'demo'\nrequires-dist = ['other']\n[[package]]", 1))
        self.assertEqual(self.run_ok(script).stdout, "1.0 1.0\n")

    def test_a_lock_of_another_version_with_another_hash_or_for_another_python(self):
        script = self.script(self.SHOW, ["demo"])
        pathlib.Path(str(script) + ".lock").write_text("version = 2\n")
        self.assertIn("line 1, column 11: version 2", self.run_fails(script).stderr)
        self.uv_lock(script, hashes="0" * 64)
        self.run_fails(script)
        self.assertFalse(self.snapshots())
        self.uv_lock(script, head="conflicts = []\n")
        self.assertIn("conflicts", self.run_fails(script).stderr)

    def test_flags_that_expect_a_lock_warn_without_one_and_contradictions_are_refused(self):
        script = self.script("print('ran')", ["demo"])
        for flag in ("--locked", "--frozen"):
            done = self.run_ok(flag, script)
            self.assertEqual(done.stdout, "ran\n")
        self.assertIn("there is no lock", self.run_ok("--locked", "--refresh", script).stderr)
        self.run_fails("--locked", "--no-lock", script, code=2)
        self.run_fails("--locked", "--frozen", script, code=2)

    def test_with_is_a_layer_over_the_lock(self):
        script = self.script(self.SHOW, ["demo"])
        self.uv_lock(script)
        self.wheel("other", "2.0")
        self.assertEqual(self.run_ok("--with", "other", script).stdout, "1.0 1.0\n")
        self.assertEqual(self.run_ok("--with", "other>1", script).stdout, "1.0 2.0\n")


if __name__ == "__main__":
    unittest.main()
