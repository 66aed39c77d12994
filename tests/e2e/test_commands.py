"""Which command runs: that of the environment, never one of another Python."""
import os
import shutil
import subprocess
import unittest

from support import EnvstoreTest, files_under

#: The pip that an interpreter without its own gets from the package index: only what these tests call.
LITTLE_PIP = """
import os, sys, sysconfig
if sys.argv[1:2] == ["install"]:
    site = sysconfig.get_path("purelib")
    open(os.path.join(site, sys.argv[-1] + ".py"), "w").write("VERSION = '1.0'\\n")
    info = os.path.join(site, sys.argv[-1] + "-1.0.dist-info")
    os.mkdir(info)
    for name in ("METADATA", "REQUESTED"):
        open(os.path.join(info, name), "w").write("Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n" % sys.argv[-1])
else:
    print("pip", "0.0", "from", __file__)
"""


def executable(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


class Commands(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.wheel("anyio")
        self.wheel("pip", "0.0", files={"pip/__init__.py": "", "pip/__main__.py": LITTLE_PIP})
        self.env["PIP_INDEX_URL"] = self.server.url
        self.env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        self.touched = self.home / "touched"
        self.bin = self.home / "bin"

    def on_path(self, folder):
        return {"PATH": str(folder) + ":" + self.env["PATH"]}

    def another(self, name, content):
        return executable(self.bin / name, content)


class Pip(Commands):
    def setUp(self):
        super().setUp()
        for name in ("pip", "pip3", "pip3.11"):
            self.another(name, "#!/bin/sh\ntouch '%s'\n" % self.touched)
        self.virtual = self.home / "virtual"
        executable(self.virtual / "bin" / "pip", "#!/bin/sh\ntouch '%s'\n" % self.touched)
        (self.virtual / "pyvenv.cfg").write_text("home = /usr/bin\n")
        (self.virtual / "bin" / "python").symlink_to("/usr/bin/python3")

    def pip_ways(self):
        names = ["pip"], ["pip3"], ["-m", "pip"], ["python", "-m", "pip"], ["python3", "-I", "-mpip"]
        return [list(words) for words in names]

    def base(self):
        found = subprocess.run(["/usr/bin/python3", "-c", "import site; print(*site.getsitepackages(), sep='\\n')"],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        return files_under("/", *[p.lstrip("/") for p in found], str(self.virtual).lstrip("/"), str(self.home / ".local").lstrip("/"))

    def test_what_it_installs_is_in_the_run_and_in_no_other_place(self):
        before = self.base()
        environments = self.on_path(self.bin), self.on_path(self.virtual / "bin"), {
            **self.on_path(self.virtual / "bin"), "VIRTUAL_ENV": str(self.virtual)}
        ways = [(environments[0], words) for words in self.pip_ways()]
        for env, words in [*ways, *((env, ["pip"]) for env in environments[1:])]:
            done = self.run_ok(*words, "install", "anyio", env=env)
            self.assertIn("ends with this run", done.stderr, words)
            self.assertIn("--with anyio", done.stderr)
        self.settle()
        self.assertEqual(self.base(), before)
        self.assertFalse(self.touched.exists())
        self.assertFalse((self.home / ".local").exists())
        self.assertNotEqual(self.envstore("run", "python", "-c", "import anyio").returncode, 0)

    def test_a_second_run_of_it_is_cached_and_without_a_note_if_nothing_was_installed(self):
        self.run_ok("pip", "--version")
        done = self.run_ok("-v", "pip", "--version")
        self.assertIn("from the run cache", done.stderr)
        self.assertNotIn("ends with this run", done.stderr)
        self.assertNotIn("ends with this run", self.run_ok("-q", "pip", "install", "anyio").stderr)

    def test_a_layer_with_pip_keeps_its_own(self):
        self.wheel("pip", "99.0", files={"pip/__init__.py": "", "pip/__main__.py": "print('the one of the layer')\n"})
        for words in ["pip3"], ["-m", "pip"], ["python", "-m", "pip"]:
            self.assertEqual(self.run_ok("--with", "pip==99.0", *words).stdout, "the one of the layer\n", words)

    def test_a_run_of_something_else_has_no_pip(self):
        self.run_ok("pip", "--version")
        done = self.envstore("run", "python", "-c", "import pip")
        self.assertIn("No module named 'pip'", done.stderr)

    def test_a_program_that_calls_pip_does_not_reach_another_one(self):
        script = self.script("import subprocess, sys\nfor name in ('pip', 'pip3', 'pip%d.%d' % sys.version_info[:2]):\n"
                             "    print(subprocess.call([name, 'install', 'anyio']))\n")
        done = self.run_ok(script, env=self.on_path(self.bin))
        self.assertEqual(done.stdout, "127\n127\n127\n")
        self.assertIn("--with pip", done.stderr)
        self.assertFalse(self.touched.exists())
        done = self.run_ok("--with", "pip==0.0", script)
        self.assertNotIn("127", done.stdout.splitlines()[0])

    def test_another_version_s_pip_is_refused(self):
        self.another("pip3.2", "#!/bin/sh\ntouch '%s'\n" % self.touched)
        done = self.run_fails("pip3.2", "install", "anyio", code=127, env=self.on_path(self.bin))
        self.assertIn("this run's Python is 3.", done.stderr)
        self.assertFalse(self.touched.exists())


class Path(Commands):
    def refused(self, name, *named, env=None):
        done = self.run_fails(name, code=127, env=env or self.on_path(self.bin))
        for text in (*named, "belongs to another Python", "--with " + name, "envstore run /"):
            self.assertIn(text, done.stderr)
        self.assertFalse(self.touched.exists())
        return done

    def test_a_script_of_another_python_is_refused_and_started_by_its_path(self):
        path = self.another("tool", "#!/usr/bin/python3\nimport sys; open(%r, 'w'); print(sys.prefix)\n" % str(self.touched))
        self.refused("tool", "'%s'" % path, "/usr/bin/python3")
        done = self.run_ok(path)
        self.assertTrue(self.touched.exists())
        self.assertNotIn(str(self.store), done.stdout)

    def test_launchers_shims_and_environments_are_refused(self):
        touch = "touch '%s'\n" % self.touched
        self.another("long", "#!/bin/sh\n'''exec' /opt/some/bin/python \"$0\" \"$@\"\n' '''\n")
        self.refused("long", "/opt/some/bin/python")
        self.another("shim", "#!/usr/bin/env bash\nset -e\nexport PYENV_ROOT=\"/p\"\n" + touch + "exec \"/p/bin/pyenv\" exec \"shim\"\n")
        self.refused("shim", "pyenv")
        native = self.home / "virtual" / "bin" / "native"
        native.parent.mkdir(parents=True)
        shutil.copy("/bin/true", native)
        (self.home / "virtual" / "pyvenv.cfg").write_text("")
        self.refused("native", str(self.home / "virtual"), env=self.on_path(native.parent))
        (self.bin / "linked").symlink_to(native)
        self.refused("linked", "/virtual")
        (self.home / "conda" / "conda-meta").mkdir(parents=True)
        executable(self.home / "conda" / "bin" / "script", "#!/bin/sh\n" + touch)
        self.refused("script", str(self.home / "conda"), env=self.on_path(self.home / "conda" / "bin"))

    def test_a_script_that_finds_python_on_path_gets_that_of_the_run(self):
        self.wheel("demo")
        self.another("asks", "#!/usr/bin/env python3\nimport demo, sys; print(demo.VERSION, sys.prefix)\n")
        self.assertIn("1.0 " + str(self.store), self.run_ok("--with", "demo", "asks", env=self.on_path(self.bin)).stdout)

    def test_a_command_without_python_runs_unchanged(self):
        self.another("greet", "#!/bin/sh\necho \"$0 $1\"\n")
        self.assertTrue(self.run_ok("greet", "you", env=self.on_path(self.bin)).stdout.endswith("greet you\n"))
        self.assertEqual(self.run_ok("sh", "-c", "echo $1", "-", "x").stdout, "x\n")
        self.run_ok("true")

    def test_a_folder_of_path_that_is_another_user_s_is_passed_over(self):
        if os.geteuid() == 0:
            self.skipTest("root may search every folder")
        closed = self.home / "closed"
        closed.mkdir()
        closed.chmod(0)
        self.addCleanup(closed.chmod, 0o700)
        for _ in range(2):
            self.run_ok("python", "-c", "", env=self.on_path(closed / "bin"))

    def test_python_is_the_run_s_own_and_no_other_version(self):
        for name in ("python", "python3"):
            self.assertIn(str(self.store), self.run_ok(name, "-c", "import sys; print(sys.prefix)").stdout)
        self.another("python3.2", "#!/bin/sh\ntouch '%s'\n" % self.touched)
        done = self.run_fails("python3.2", "-c", "", code=127, env=self.on_path(self.bin))
        self.assertIn("--python 3.2", done.stderr)
        self.assertFalse(self.touched.exists())

    def test_the_environment_s_own_command_hides_that_of_path(self):
        self.wheel("tool", entry_points={"console_scripts": {"tool": "tool:main"}}, files={"tool.py": "def main(): print('own')\n"})
        self.another("tool", "#!/usr/bin/python3\n")
        self.assertEqual(self.run_ok("--with", "tool", "tool", env=self.on_path(self.bin)).stdout, "own\n")


class Copies(EnvstoreTest):
    """Files that a program copies out of a package are writable for the user."""

    COPY = """
import os, pathlib, shutil, stat, sys
import demo
source = pathlib.Path(demo.__file__).parent / "template"
shutil.copytree(source, "tree")
shutil.copytree(str(source), "named", copy_function=shutil.copy)
shutil.copy(source / "project.yml", "one")
shutil.copy2(source / "project.yml", "two")
shutil.copyfile(source / "project.yml", "mode")
shutil.copymode(source / "project.yml", "mode")
shutil.copyfile(source / "run.sh", "stat")
shutil.copystat(os.fsencode(source / "run.sh"), b"stat")
for top in "tree", "named":
    for folder, _, files in os.walk(top):
        assert os.stat(folder).st_mode & 0o300 == 0o300, folder
        for name in files:
            assert os.stat(os.path.join(folder, name)).st_mode & stat.S_IWUSR, name
for name in "one", "two", "mode", "stat":
    assert os.stat(name).st_mode & stat.S_IWUSR, name
open("tree/project.yml", "a").close()
os.mkdir("tree/sub/new")
shutil.rmtree("tree")
open("mine", "w").close()
os.chmod("mine", 0o444)
shutil.copy("mine", "copy")
assert not os.stat("copy").st_mode & 0o222, "a read-only file from elsewhere"
assert type(shutil.__loader__).__name__ == "SourceFileLoader"
import inspect
assert "follow_symlinks" in inspect.signature(shutil.copystat).parameters
assert not [f for f in sys.meta_path if getattr(f, "__name__", "") == "EnvstoreCopies"]
print("copied")
"""

    def setUp(self):
        super().setUp()
        self.wheel("demo", files={"demo/__init__.py": "", "demo/template/project.yml": "name: x\n",
                                  "demo/template/sub/a.txt": "a", "demo/template/run.sh": "#!/bin/sh\n"})

    def test_a_template_copied_out_of_a_package_can_be_changed_and_removed(self):
        for number, layout in enumerate(("farm", "forest")):
            with self.subTest(layout):
                folder = self.home / ("made%d" % number)
                folder.mkdir()
                self.assertEqual(self.run_ok("--layout", layout, "--with", "demo", "python", "-c", self.COPY,
                                             cwd=folder).stdout, "copied\n")

    def test_a_package_that_imports_shutil_as_python_starts_changes_nothing(self):
        self.wheel("early", files={"early.py": "", "early.pth": "import shutil\n"})
        self.assertEqual(self.run_ok("--with", "demo", "--with", "early", "python", "-c", self.COPY).stdout, "copied\n")

    def test_children_of_the_program_copy_the_same(self):
        code = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-I', '-c', %r]))" % self.COPY
        self.assertEqual(self.run_ok("--with", "demo", "python", "-c", code).stdout, "copied\n")


if __name__ == "__main__":
    unittest.main()
