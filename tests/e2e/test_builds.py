"""Source distributions are built, once, and what goes wrong in a build is told."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import unittest

from make_sdist import make_sdist
from support import ENVSTORE, EnvstoreTest

SHOW = "import demo; print(demo.VERSION)"


class BuildsTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        self.journal = self.home / "journal"

    def sdist(self, name="demo", version="1.0", **options):
        options.setdefault("journal", self.journal)
        return make_sdist(self.wheels, name, version, **options)

    def built(self):
        return self.journal.read_text().split("\n")[:-1] if self.journal.exists() else []

    def wheels_built(self):
        return [line[len("wheel "):] for line in self.built() if line.startswith("wheel ")]

    def demo(self, *words, code=SHOW, **options):
        return self.run_ok("--with", "demo", *words, "python", "-c", code, **options).stdout.strip()

    def demo_fails(self, *words, **options):
        return self.run_fails("--with", "demo", *words, "python", "-c", SHOW, **options).stderr

    def left_of_builds(self):
        self.settle()
        self.wait_for_keepers()
        return [p for folder in ("tmp", "leases") for p in (self.store / folder).glob("*")]


class Building(BuildsTest):
    def test_a_version_without_wheel_is_built_once(self):
        self.sdist()
        self.assertEqual(self.demo(), "1.0")
        self.assertEqual(self.built(), ["metadata demo 1.0", "wheel demo 1.0"])
        self.assertEqual(self.demo(), "1.0")
        self.wheel("other")
        self.assertEqual(self.demo("--with", "other"), "1.0")
        self.assertEqual(self.demo("--upgrade"), "1.0")
        self.assertEqual(self.wheels_built(), ["demo 1.0"])
        self.assertEqual(len(self.built()), 2)
        self.assertEqual(self.left_of_builds(), [])
        self.assertEqual(list((self.store / "logs").glob("build-*")), [])

    def test_a_wheel_of_the_same_version_is_preferred_and_a_newer_version_to_an_older_wheel(self):
        self.wheel("demo", "1.0"), self.sdist(version="1.0")
        self.assertEqual(self.demo(), "1.0")
        self.assertEqual(self.built(), [])
        self.sdist(version="2.0")
        self.assertEqual(self.demo("--upgrade"), "2.0")
        self.assertEqual(self.wheels_built(), ["demo 2.0"])

    def test_a_lock_of_a_version_without_wheel_is_installed(self):
        self.sdist()
        lock = self.work / "pylock.toml"
        made = self.envstore("lock", "--with", "demo", "-o", str(lock))
        self.assertEqual(made.returncode, 0, made.stderr)
        words = ("--with-requirements", str(lock), "python", "-c", SHOW)
        self.assertEqual(self.run_ok(*words).stdout.strip(), "1.0")
        self.assertIn("may not be built", self.run_fails("--no-build", *words).stderr)
        lock.write_text(re.sub(r"sha256 = \"[0-9a-f]{8}", 'sha256 = "00000000', lock.read_text()))
        self.assertIn("demo-1.0.tar.gz", self.run_fails(*words).stderr)
        self.assertEqual(self.wheels_built(), ["demo 1.0"])

    def test_what_it_needs_is_installed(self):
        self.wheel("leaf"), self.sdist(needs=["leaf", "built"]), self.sdist("built")
        self.demo(code="import demo, leaf, built")
        self.assertEqual(sorted(self.wheels_built()), ["built 1.0", "demo 1.0"])

    def test_the_environment_of_a_build_has_only_its_requirements(self):
        self.wheel("tool"), self.wheel("hook-tool"), self.wheel("base")
        self.sdist(requires=["tool"], hook_needs=["hook-tool"], code="""
            import tool, hook_tool, importlib.util, sys
            assert importlib.util.find_spec("base") is None
            assert not os.environ.get("PYTHONPATH"), os.environ
            """)
        self.demo("--with", "base", env={"PYTHONPATH": str(self.work)})

    def test_markers_of_what_a_build_requires(self):
        self.wheel("tool")
        self.sdist(requires=["missing; python_version < '3'", "tool; python_version > '3'"], hook_needs=["missing; extra == 'all'"],
                   code="import tool")
        self.demo()

    def test_a_build_requirement_is_built_too(self):
        self.sdist("tool", requires=["deeper"]), self.wheel("deeper"), self.sdist(requires=["tool"], code="import tool")
        self.assertEqual(self.demo(), "1.0")
        self.assertEqual(self.wheels_built(), ["tool 1.0", "demo 1.0"])

    def test_static_metadata_is_used_without_a_build(self):
        info = "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nRequires-Dist: leaf\n"
        self.wheel("leaf"), self.sdist(pkg_info=info, needs=["leaf"])
        self.demo(code="import demo, leaf")
        self.assertEqual(self.built(), ["wheel demo 1.0"])

    def test_a_backend_without_the_hook_for_metadata_builds_one_wheel(self):
        self.sdist(without=["prepare_metadata_for_build_wheel", "get_requires_for_build_wheel"])
        self.demo()
        self.assertEqual(self.built(), ["wheel demo 1.0"])

    def test_find_links_and_directories(self):
        self.sdist()
        for words in (["--find-links", self.wheels], ["--find-links", self.server.url.replace("/simple/", "/flat/")]):
            self.assertEqual(self.demo("--no-index", *words), "1.0")
        self.assertEqual(self.wheels_built(), ["demo 1.0"])

    def test_requires_python_of_the_page_is_checked_before_anything_is_built(self):
        self.sdist()
        self.server.set(requires_python={"demo-1.0.tar.gz": ">=3.99"})
        self.assertIn(">=3.99", self.demo_fails())
        self.assertEqual(self.built(), [])

    def test_without_network_what_was_built_is_there(self):
        self.sdist()
        self.demo()
        self.wheel("other")
        self.run_ok("--with", "other", "python", "-c", "")
        self.assertEqual(self.demo("--offline", "--with", "other"), "1.0")
        self.assertEqual(self.wheels_built(), ["demo 1.0"])

    def test_progress_and_output(self):
        self.sdist(code="print('hello from the backend')")
        done = self.run_ok("-v", "--with", "demo", "python", "-c", SHOW)
        self.assertIn("building demo 1.0\n", done.stderr)
        self.assertIn("hello from the backend", done.stderr)

    def test_refresh_builds_again(self):
        self.sdist()
        self.demo(), self.demo("--refresh-package", "demo")
        self.assertEqual(self.wheels_built(), ["demo 1.0", "demo 1.0"])


class Settings(BuildsTest):
    def test_wheels_only(self):
        self.wheel("demo", "1.0"), self.sdist(version="2.0")
        for words, env in ((["--no-build"], {}), (["--no-build-package", "Demo"], {}), (["--only-binary", ":all:"], {}),
                           (["--only-binary", "x,demo"], {}), ([], {"UV_NO_BUILD": "1"}), ([], {"UV_NO_BUILD_PACKAGE": "x demo"}),
                           ([], {"PIP_ONLY_BINARY": ":all:"}), ([], {"PIP_ONLY_BINARY": "x,demo"})):
            with self.subTest(words=words, env=env):
                self.assertEqual(self.demo(*words, env=env), "1.0")
        self.assertEqual(self.built(), [])
        self.assertEqual(self.demo("--no-build-package", "x"), "2.0")

    def test_source_distributions_only(self):
        self.wheel("demo", "1.0"), self.sdist(version="1.0"), self.wheel("demo", "2.0"), self.wheel("leaf")
        for words, env in ((["--no-binary"], {}), (["--no-binary-package", "demo"], {}), ([], {"UV_NO_BINARY": "1"}),
                           ([], {"UV_NO_BINARY_PACKAGE": "demo"}), ([], {"PIP_NO_BINARY": ":all:"}), ([], {"PIP_NO_BINARY": "demo"})):
            with self.subTest(words=words, env=env):
                self.assertEqual(self.demo(*words, env=env), "1.0")
        self.assertEqual(self.wheels_built(), ["demo 1.0"])
        self.assertEqual(self.demo("--no-binary", "--no-build-package", "demo"), "2.0")
        text = self.run_fails("--no-binary", "--with", "leaf", "python", "-c", "").stderr
        self.assertIn("wheels only", text)
        self.assertIn("--no-binary", text)

    def test_neither(self):
        self.wheel("demo"), self.sdist()
        self.assertIn("demo", self.demo_fails("--no-binary", "--no-build"))

    def test_lines_of_requirements_files_and_of_configuration(self):
        self.wheel("demo", "2.0"), self.sdist(version="1.0"), self.sdist(version="3.0")
        listed = self.work / "r.txt"
        for line, wanted in (("--no-binary demo", "3.0"), ("--only-binary :all:", "2.0"), ("--only-binary=demo", "2.0"), ("--no-binary :none:", "3.0")):
            listed.write_text(line + "\ndemo\n")
            self.assertEqual(self.run_ok("--with-requirements", listed, "python", "-c", SHOW).stdout.strip(), wanted, line)
        for keys, wanted in (("no-build = true", "2.0"), ('no-build-package = ["demo"]', "2.0"), ("no-binary = true", "3.0")):
            (self.work / "uv.toml").write_text(keys + "\n")
            self.assertEqual(self.demo(), wanted, keys)
        (self.work / "uv.toml").unlink()
        script = self.script(SHOW, ["demo"], head="# [tool.uv]\n# no-build = true\n")
        self.assertEqual(self.run_ok(script).stdout, "2.0\n")

    def test_settings_of_backends_make_another_wheel(self):
        self.sdist()
        show = "import demo; print(demo.SETTINGS)"
        self.assertEqual(self.demo(code=show), "None")
        self.assertEqual(self.demo("-C", "a=b", "--config-setting", "c=1", "--config-setting", "c=2", code=show), "{'a': 'b', 'c': ['1', '2']}")
        self.assertEqual(self.demo("--config-settings-package", "demo:a=x", code=show), "{'a': 'x'}")
        (self.work / "uv.toml").write_text('config-settings = { k = "v" }\nconfig-settings-package = { demo = { k = "w" } }\n')
        self.assertEqual(self.demo(code=show), "{'k': 'w'}")
        self.assertEqual(len(self.wheels_built()), 4)
        self.assertIn("KEY=VALUE", self.demo_fails("-C", "nothing", code=2))

    def test_constraints_requirements_and_variables_of_builds(self):
        self.wheel("tool", "1.0"), self.wheel("tool", "2.0"), self.wheel("more")
        self.sdist(requires=["tool"], code="import tool; assert tool.VERSION == os.environ['WANTED'], tool.VERSION")
        (self.work / "c.txt").write_text("tool<2\n")
        (self.work / "uv.toml").write_text('extra-build-variables = { demo = { WANTED = "1.0" } }\n')
        self.demo("--build-constraints", self.work / "c.txt")
        (self.work / "uv.toml").write_text('extra-build-variables = { demo = { WANTED = "2.0" } }\n')
        self.demo()
        script = self.script(SHOW, ["demo"], head='# [tool.uv]\n# build-constraint-dependencies = ["tool<2"]\n'
                             '# extra-build-variables = { demo = { WANTED = "1.0" } }\n# extra-build-dependencies = { demo = ["more"] }\n')
        self.run_ok(script)
        self.assertEqual(len(self.wheels_built()), 3)

    def test_what_is_not_supported_is_refused_when_something_is_built_and_only_then(self):
        self.wheel("demo", "1.0")
        (self.work / "uv.toml").write_text('extra-build-dependencies = { demo = [{ requirement = "x", match-runtime = true }] }\n')
        for words in (["--require-build-hashes"], []):
            self.assertEqual(self.demo(*words), "1.0")
        self.sdist(version="2.0")
        for words in (["--require-build-hashes"], []):
            text = self.demo_fails("--upgrade", *words)
            self.assertIn("cannot build demo 2.0", text)
            self.assertIn("is not supported", text)
        self.assertEqual(self.built(), [])

    def test_a_build_without_isolation_uses_what_is_beside_the_interpreter(self):
        venv = self.home / "venv"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", str(venv)], check=True)
        [packages] = venv.glob("lib/python3*/site-packages")

        def install(version):
            # Of another size each time: a .pyc that is in use knows its source by seconds and size.
            (packages / "tool.py").write_text("VERSION = %r\n" % version + "#" * int(float(version)))
            for old in packages.glob("tool-*.dist-info"):
                shutil.rmtree(old)
            info = packages / ("tool-%s.dist-info" % version)
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tool\nVersion: %s\n" % version)

        install("1.0")
        self.sdist(requires=["not-there-at-all"], hook_needs=["nor-this"], code="import tool; note(tool.VERSION)")
        words = ["--python", venv, "--no-build-isolation-package", "demo"]
        for _ in range(2):
            self.assertEqual(self.demo(*words), "1.0")
        self.assertEqual(self.built()[-2:], ["wheel demo 1.0", "1.0 demo 1.0"])
        self.assertEqual(len(self.built()), len(set(self.built())), "built once")
        install("2.0")
        self.assertEqual(self.demo(*words, "--upgrade"), "1.0")
        self.assertEqual(self.built()[-1], "2.0 demo 1.0")
        self.assertIn("not-there-at-all", self.demo_fails("--python", venv))
        self.assertIn("No module named 'tool'", self.demo_fails("--no-build-isolation"))

    def test_why_shows_what_a_package_was_built_with_and_for_which_build_an_environment_was_made(self):
        self.wheel("tool"), self.wheel("plain")
        self.sdist(requires=["tool"])
        self.demo("--with", "plain")
        told = self.envstore("why", "demo").stdout
        self.assertIn("demo 1.0 was built with tool==1.0\n", told)
        self.assertIn("build of demo 1.0", self.envstore("why", "tool").stdout)
        self.assertNotIn("built with", self.envstore("why", "plain").stdout)
        self.assertEqual(json.loads(self.envstore("why", "--json", "demo").stdout)["built_with"], {"demo 1.0": ["tool==1.0"]})

    def test_required_hashes_are_those_of_the_source_distribution(self):
        import hashlib
        path = self.sdist()
        listed = self.work / "r.txt"
        listed.write_text("demo==1.0 --hash=sha256:%s\n" % ("0" * 64))
        self.run_fails("--with-requirements", listed, "python", "-c", SHOW)
        self.assertEqual(self.built(), [])
        self.server.set(page_hashes=False)
        self.run_fails("--refresh", "--with-requirements", listed, "python", "-c", SHOW)
        self.assertEqual(self.built(), [])
        for algorithm in ("sha256", "sha512"):
            listed.write_text("demo==1.0 --hash=%s:%s\n" % (algorithm, hashlib.new(algorithm, path.read_bytes()).hexdigest()))
            self.assertEqual(self.run_ok("--with-requirements", listed, "python", "-c", SHOW).stdout, "1.0\n")


class Failures(BuildsTest):
    def fails(self, *words, **options):
        text = self.demo_fails(*words, **options)
        self.assertEqual(self.left_of_builds(), [])
        return text

    def test_the_end_of_the_output_is_shown_and_the_whole_is_kept(self):
        self.sdist(code="""
            for i in range(1000): print("line %d" % i)
            sys.exit("the compiler has failed")
            """)
        text = self.fails()
        self.assertIn("demo 1.0", text)
        self.assertIn("the compiler has failed", text)
        self.assertNotIn("line 10\n", text)
        [log] = (self.store / "logs").glob("build-demo-1.0-*.log")
        self.assertIn(str(log), text)
        self.assertIn("line 10\n", log.read_text())

    def test_logs_are_bounded(self):
        (self.store / "logs").mkdir(parents=True)
        for i in range(30):
            (self.store / "logs" / ("build-x-%d.log" % i)).write_text("")
        self.sdist(code="raise SystemExit('no')")
        self.fails()
        self.assertEqual(len(list((self.store / "logs").glob("build-*"))), 20)

    def test_no_older_version_replaces_one_whose_build_fails(self):
        self.wheel("demo", "1.0"), self.sdist(version="2.0", without=["prepare_metadata_for_build_wheel"], code="raise SystemExit('no')")
        self.assertIn("demo 2.0", self.fails())

    def test_a_backend_that_is_missing(self):
        self.sdist(backend="nowhere")
        self.assertIn("nowhere", self.fails())

    def test_a_build_requirement_that_is_missing(self):
        self.sdist(requires=["tool>1"])
        text = self.fails()
        self.assertIn("cannot build demo 1.0: its build environment cannot be made", text)
        self.assertIn("tool", text)

    def test_a_build_that_needs_itself(self):
        self.sdist(requires=["tool"]), self.sdist("tool", requires=["demo"])
        self.assertIn("its build needs itself: demo 1.0 -> tool 1.0 -> demo 1.0", self.fails())

    def test_metadata_of_another_name_or_version(self):
        for options in ({"built_name": "other"}, {"built_version": "3.0"}):
            for without in ([], ["prepare_metadata_for_build_wheel"]):
                self.sdist(without=without, **options)
                text = self.fails("--refresh")
                self.assertIn("demo-1.0.tar.gz", text)

    def test_hostile_archives_are_refused_before_anything_runs(self):
        outside, device, up = tarfile.TarInfo("demo-1.0/link"), tarfile.TarInfo("demo-1.0/device"), tarfile.TarInfo("demo-1.0/../../x")
        outside.type, outside.linkname, device.type = tarfile.SYMTYPE, "/etc", tarfile.CHRTYPE
        for info in (outside, device, up):
            self.sdist(extra=[(info, b"")])
            self.assertIn("demo-1.0.tar.gz", self.fails("--refresh"))
        self.wheels.joinpath("demo-1.0.tar.gz").write_bytes(b"x")
        self.fails("--refresh")
        self.assertEqual(self.built(), [])

    def test_a_file_that_is_not_as_the_index_tells(self):
        self.sdist()
        self.server.rule("/files/demo-1.0.tar.gz", wrong_hash=True)
        self.assertIn("demo-1.0.tar.gz", self.fails())
        self.assertEqual(self.built(), [])

    def test_daemons_of_a_build_end_with_it(self):
        pid_file = self.home / "pid"
        self.sdist(code="""
            import subprocess
            child = subprocess.Popen(["sh", "-c", "echo $$ > %s.new && mv %s.new %s && exec tail -f /dev/null"], start_new_session=True,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not os.path.exists(%r): pass
            """ % (pid_file, pid_file, pid_file, str(pid_file)))
        self.demo()
        self.assertFalse(pathlib.Path("/proc", pid_file.read_text().strip()).exists())

    def test_a_signal_ends_a_build_that_hangs(self):
        fifo = self.home / "fifo"
        os.mkfifo(fifo)
        self.sdist(code="""
            import signal
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            open(%r, "w").write(str(os.getpid()))
            while True: signal.pause()
            """ % str(fifo))
        for sent in (signal.SIGINT, signal.SIGTERM):
            run = subprocess.Popen([ENVSTORE, "run", "--with", "demo", "python", "-c", SHOW], env=self.env, cwd=self.work,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            backend = fifo.read_text()
            run.send_signal(sent)
            self.assertEqual(run.wait(300), 128 + sent)
            self.assertFalse(pathlib.Path("/proc", backend).exists())
            self.assertEqual(self.left_of_builds(), [])

    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "builds run one after the other on one core")
    def test_one_failure_ends_the_builds_beside_it(self):
        fifo = self.home / "fifo"
        os.mkfifo(fifo)
        for slow in ("a-slow", "z-slow"):
            self.sdist(slow, code="open(%r, 'w').write(str(os.getpid()))\nimport signal\nwhile True: signal.pause()" % str(fifo))
            self.sdist(needs=[slow], code="open(%r).read(); raise SystemExit('no')" % str(fifo))
            text = self.fails("--refresh")
            self.assertIn("demo 1.0", text)
            self.assertNotIn("slow", text)


class Collections(BuildsTest):
    def collect(self):
        self.settle()
        self.wait_for_keepers()
        done = self.envstore("gc", "--max-size", "0", "--grace", "0")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_built_wheel_lives_as_long_as_its_tree(self):
        self.sdist()
        self.demo()
        self.assertEqual(self.envstore("pin", "--help").returncode, 0)
        self.settle()
        self.collect()
        self.assertEqual(self.demo(), "1.0")
        self.assertEqual(self.wheels_built(), ["demo 1.0", "demo 1.0"])
        self.assertEqual(self.built().count("metadata demo 1.0"), 1)

    def test_damage_of_a_built_wheel_is_repaired_by_building_it_again(self):
        self.sdist()
        self.demo()
        self.settle()
        [module] = [p for p in (self.store / "trees").glob("*/site/demo.py")]
        os.chmod(module, 0o644)
        module.write_text("VERSION = 'broken'\n")
        self.envstore("verify", "--full", "--repair")
        self.assertEqual(self.demo(), "1.0")


if __name__ == "__main__":
    unittest.main()
