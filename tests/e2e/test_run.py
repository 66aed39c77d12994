"""`envstore run` on scripts, modules, commands and folders, against a package index on loopback."""
import json
import os
import signal
import subprocess
import unittest
import zipapp

from support import ENVSTORE, EnvstoreTest, files_under

PRINT_VERSION = "import demo\nprint(demo.VERSION)\n"


class Scripts(EnvstoreTest):
    def test_a_script_runs_with_the_dependencies_of_its_metadata(self):
        self.wheel("demo", "1.0")
        done = self.run_ok(self.script(PRINT_VERSION, ["demo"]))
        self.assertEqual(done.stdout, "1.0\n")
        self.assertIn("Installed 1 package", done.stderr)

    def test_a_second_run_is_silent_and_sends_no_request(self):
        self.wheel("demo", "1.0")
        script = self.script(PRINT_VERSION, ["demo"])
        self.run_ok(script)
        asked = len(self.server.requests())
        self.wheel("demo", "2.0")
        done = self.run_ok(script)
        self.assertEqual((done.stdout, done.stderr), ("1.0\n", ""))
        self.assertEqual(len(self.server.requests()), asked)

    def test_upgrade_takes_a_newer_version_and_sticks_to_it(self):
        self.wheel("demo", "1.0")
        script = self.script(PRINT_VERSION, ["demo"])
        self.run_ok(script)
        self.wheel("demo", "2.0")
        self.assertEqual(self.run_ok("--upgrade", script).stdout, "2.0\n")
        self.assertEqual(self.run_ok(script).stdout, "2.0\n")

    def test_dependencies_of_dependencies_come_too(self):
        self.wheel("leaf", "3.0")
        self.wheel("demo", "1.0", requires=["leaf>=2"])
        done = self.run_ok(self.script("import demo, leaf; print(leaf.VERSION)", ["demo"]))
        self.assertEqual(done.stdout, "3.0\n")

    def test_a_version_that_was_prefetched_and_not_taken_is_not_waited_for(self):
        self.server.set(format="json")  # has sizes: a file of unknown size is not prefetched
        self.wheel("leaf", "1.0")
        newest = "/files/" + os.path.basename(self.wheel("leaf", "2.0"))
        self.wheel("demo", "1.0", requires=["leaf<2"])
        self.server.rule(newest, hold=True)
        done = self.run_ok(self.script("import demo, leaf; print(leaf.VERSION)", ["leaf", "demo"]))
        self.assertEqual(done.stdout, "1.0\n")
        self.assertIn("Installed 2 packages", done.stderr)

    def test_extras_and_markers_decide(self):
        self.wheel("plain"), self.wheel("fancy"), self.wheel("never")
        self.wheel("demo", requires=["plain", "never; sys_platform == 'win32'", "fancy; extra == 'more'"], extras={"more": []})
        body = "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('plain', 'fancy', 'never')])"
        self.assertEqual(self.run_ok(self.script(body, ["demo"])).stdout, "[True, False, False]\n")
        self.assertEqual(self.run_ok(self.script(body, ["demo[more]"], name="b.py")).stdout, "[True, True, False]\n")

    def test_two_hundred_copies_share_one_snapshot_and_add_no_file(self):
        self.wheel("demo")
        text = self.script(PRINT_VERSION, ["demo"]).read_text()
        copies = []
        for i in range(200):
            copies.append(self.script(text, name="folder%d/script.py" % i))
        self.run_ok(copies[0])
        self.run_ok(copies[1])  # the background work of the first run may still add bytecode
        before = files_under(self.store, "objects", "trees", "snapshots")
        for copy in copies:
            self.assertEqual(self.run_ok(copy).stdout, "1.0\n")
        self.assertEqual(len(self.snapshots()), 1)
        self.assertEqual(files_under(self.store, "objects", "trees", "snapshots"), before)
        scratches = os.listdir(self.store / "scratch")
        self.assertLessEqual(len([name for name in scratches if name.startswith("spare-")]), 1)
        self.assertLessEqual(len(scratches), 2)  # a keeper may have one until the background work ends

    def test_order_and_spelling_of_dependencies_make_no_second_snapshot(self):
        self.wheel("demo"), self.wheel("other")
        self.run_ok(self.script("import demo, other", ["demo", "other>=0.5"]))
        self.run_ok(self.script("import demo, other", ["Other >= 0.5", "demo"], name="b.py"))
        self.assertEqual(len(self.snapshots()), 1)

    def test_a_script_without_metadata_sees_only_the_standard_library(self):
        body = "import sys; print([p for p in sys.path if 'dist-packages' in p or 'site-packages' in p and 'scratch' not in p])"
        self.assertEqual(self.run_ok(self.script(body)).stdout, "[]\n")

    def test_arguments_output_and_exit_code_are_the_scripts(self):
        self.run_ok("python", "-c", "")  # the run that creates the store prints a message
        script = self.script("import sys; print(sys.argv[1:]); print('E', file=sys.stderr); sys.exit(7)")
        done = self.envstore("run", script, "--with", "-q", "--", "x y")
        self.assertEqual(done.returncode, 7)
        self.assertEqual(done.stdout, "['--with', '-q', '--', 'x y']\n")
        self.assertEqual(done.stderr, "E\n")

    def test_argv0_and_the_first_path_entry_are_as_with_python(self):
        script = self.script("import sys, os; print(sys.argv[0]); print(os.path.realpath(sys.path[0]))", name="sub/s.py")
        done = self.run_ok("sub/s.py")
        self.assertEqual(done.stdout.splitlines(), ["sub/s.py", str(script.parent.resolve())])

    def test_a_signal_that_ends_the_script_is_128_and_its_number(self):
        done = self.envstore("run", self.script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
        self.assertEqual(done.returncode, 128 + signal.SIGKILL)

    def test_standard_input_is_a_script_too(self):
        self.wheel("demo", "4.2")
        text = self.script(PRINT_VERSION, ["demo"]).read_text()
        self.assertEqual(self.run_ok("-", stdin=text).stdout, "4.2\n")

    def test_a_shebang_line_runs_the_script(self):
        self.wheel("demo")
        script = self.script("", name="tool")
        script.write_text("#!/usr/bin/env -S envstore run --script\n" + self.script(PRINT_VERSION, ["demo"]).read_text())
        script.chmod(0o755)
        path = os.path.dirname(ENVSTORE) + ":" + self.env["PATH"]
        done = self.envstore("arg", program=script, env={"PATH": path})
        self.assertEqual((done.returncode, done.stdout), (0, "1.0\n"), done.stderr)

    def test_paths_with_spaces_and_quotes_work(self):
        self.wheel("demo", entry_points={"console_scripts": {"hello": "demo:main"}}, files={"demo.py": "def main(): print('hello')\n"})
        odd = self.home / "a 'b\" $c"
        odd.mkdir()
        env = {"ENVSTORE_ROOT": str(odd / "store")}
        script = self.script("import subprocess, demo; subprocess.run(['hello'], check=True)", ["demo"], name="x y.py")
        self.assertEqual(self.run_ok(script, env=env).stdout, "hello\n")


class Targets(EnvstoreTest):
    def test_a_module(self):
        self.wheel("demo", files={"demo/__init__.py": "", "demo/__main__.py": "import sys; print('main', sys.argv[1:])\n"})
        self.assertEqual(self.run_ok("--with", "demo", "-m", "demo", "-x").stdout, "main ['-x']\n")

    def test_a_command_of_a_layer(self):
        self.wheel("demo", entry_points={"console_scripts": {"hello": "demo:main"}},
                   files={"demo.py": "import sys\ndef main():\n    print('hello', sys.argv[1:]); return 3\n"})
        done = self.envstore("run", "--with", "demo", "hello", "you")
        self.assertEqual((done.returncode, done.stdout), (3, "hello ['you']\n"), done.stderr)

    def test_python_itself(self):
        done = self.run_ok("python", "-c", "import sys; print(sys.prefix != sys.base_prefix, sys.argv)")
        self.assertEqual(done.stdout, "True ['-c']\n")

    def test_a_folder_and_a_zipapp_with_a_main(self):
        (self.work / "app").mkdir()
        (self.work / "app" / "__main__.py").write_text("print('app')\n")
        zipapp.create_archive(self.work / "app", self.work / "app.pyz")
        self.assertEqual(self.run_ok("./app").stdout, "app\n")
        self.assertEqual(self.run_ok("./app.pyz").stdout, "app\n")

    def test_a_command_that_is_not_there_is_127(self):
        done = self.envstore("run", "no-such-command-here")
        self.assertEqual(done.returncode, 127)
        self.assertIn("no-such-command-here", done.stderr)

    def test_a_program_started_by_a_program_sees_the_same_environment(self):
        self.wheel("demo", entry_points={"console_scripts": {"hello": "demo:main"}},
                   files={"demo.py": "import sys\ndef main(): print(sys.prefix)\n"})
        body = "import subprocess, sys; print(sys.prefix, flush=True); subprocess.run(['hello']); subprocess.run(['python', '-m', 'demo'])"
        lines = self.run_ok(self.script(body, ["demo"])).stdout.splitlines()
        self.assertEqual(lines[0], lines[1])

    def test_exec_replaces_the_process(self):
        self.wheel("demo")
        script = self.script("import os, demo; print(os.getppid())", ["demo"])
        self.run_ok(script)
        with subprocess.Popen([ENVSTORE, "run", "--exec", str(script)], env=self.env, stdout=subprocess.PIPE, text=True) as run:
            parent = run.communicate()[0].strip()
        self.assertEqual(parent, str(os.getpid()))

    def test_an_env_file_is_read(self):
        (self.work / "v.env").write_text("# note\nexport A='one two'\nB=\"x${A}\"\nC=plain # tail\n")
        body = "import os; print([os.environ[k] for k in 'ABC'])"
        self.assertEqual(self.run_ok("--env-file", "v.env", self.script(body)).stdout, "['one two', 'xone two', 'plain']\n")


class Layers(EnvstoreTest):
    def test_with_stands_above_the_script_and_both_are_seen(self):
        self.wheel("base", entry_points={"console_scripts": {"base-cmd": "base:main"}}, files={"base.py": "def main(): print('base')\n"})
        self.wheel("extra", entry_points={"console_scripts": {"extra-cmd": "extra:main"}}, files={"extra.py": "def main(): print('extra')\n"})
        body = ("import base, extra, subprocess, importlib.metadata as m\n"
                "subprocess.run(['base-cmd']); subprocess.run(['extra-cmd'])\n"
                "print(sorted(d.metadata['Name'] for d in m.distributions()))\n")
        done = self.run_ok("--with", "extra", self.script(body, ["base"]))
        self.assertEqual(done.stdout.splitlines(), ["base", "extra", "['base', 'extra']"])

    def test_with_keeps_the_versions_below_where_it_can(self):
        self.wheel("shared", "1.0"), self.wheel("shared", "2.0")
        self.wheel("extra", requires=["shared"])
        script = self.script("import shared; print(shared.VERSION)", ["shared<2"])
        self.assertEqual(self.run_ok("--with", "extra", script).stdout, "1.0\n")

    def test_with_hides_a_version_below_only_when_it_must_and_warns(self):
        self.wheel("shared", "1.0"), self.wheel("shared", "2.0")
        self.wheel("extra", requires=["shared>=2"])
        script = self.script("import shared; print(shared.VERSION)", ["shared<2"])
        done = self.run_ok("--with", "extra", script)
        self.assertEqual(done.stdout, "2.0\n")
        self.assertIn("shared 2.0", done.stderr)
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")

    def test_pth_files_of_a_layer_count(self):
        self.wheel("demo", files={"demo_dir/inside.py": "X = 5\n", "demo.pth": "demo_dir\n"})
        self.assertEqual(self.run_ok(self.script("import inside; print(inside.X)", ["demo"])).stdout, "5\n")

    def test_namespace_packages_of_two_wheels_are_one_package(self):
        self.wheel("ns-a", files={"ns/a/__init__.py": "A = 1\n"})
        self.wheel("ns-b", files={"ns/b/__init__.py": "B = 2\n", "ns/c.py": "C = 3\n"})
        body = "import ns.a, ns.b, ns.c; print(ns.a.A, ns.b.B, ns.c.C)"
        for layout in ("farm", "forest"):
            self.assertEqual(self.run_ok("--layout", layout, self.script(body, ["ns-a", "ns-b"])).stdout, "1 2 3\n")

    def test_data_files_are_found_under_the_prefix(self):
        self.wheel("demo", files={"demo.py": ""}, data={"data/share/demo/x.txt": "shared", "data/etc/demo/c.ini": "conf"})
        body = ("import sys, os\n"
                "print(open(os.path.join(sys.prefix, 'share/demo/x.txt')).read(), open(os.path.join(sys.prefix, 'etc/demo/c.ini')).read())")
        for layout in ("farm", "forest"):
            self.assertEqual(self.run_ok("--layout", layout, self.script(body, ["demo"])).stdout, "shared conf\n")

    def test_with_requirements_reads_a_file_with_hashes(self):
        import hashlib
        path = self.wheel("demo", "1.0")
        self.wheel("demo", "2.0")
        digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
        (self.work / "r.txt").write_text("demo==1.0 \\\n  --hash=sha256:%s\n" % digest)
        self.assertEqual(self.run_ok("--with-requirements", "r.txt", self.script(PRINT_VERSION)).stdout, "1.0\n")
        (self.work / "bad.txt").write_text("demo==1.0 --hash=sha256:%s\n" % ("0" * 64))
        self.run_fails("--with-requirements", "bad.txt", self.script(PRINT_VERSION))

    def test_a_variable_in_a_requirements_file_counts_with_its_value(self):
        self.wheel("demo", "1.0"), self.wheel("demo", "2.0")
        (self.work / "inner.txt").write_text("demo==${DEMO_VERSION}\n")
        (self.work / "r.txt").write_text("-r inner.txt\n")
        script = self.script(PRINT_VERSION)
        for turn in ("first", "again"):
            for version in ("1.0", "2.0"):
                done = self.run_ok("-v", "--with-requirements", "r.txt", script, env={"DEMO_VERSION": version})
                self.assertEqual(done.stdout, version + "\n")
                self.assertEqual("from the run cache" in done.stderr, turn == "again", done.stderr)
        self.run_fails("--with-requirements", "r.txt", script)
        (self.work / "inner.txt").write_text("demo==${OTHER_VERSION}\n")
        done = self.run_ok("--with-requirements", "r.txt", script, env={"DEMO_VERSION": "1.0", "OTHER_VERSION": "2.0"})
        self.assertEqual(done.stdout, "2.0\n")


class Values(EnvstoreTest):
    """What a run is made from, as -v prints it."""

    def values(self, *arguments, **options):
        found = {}
        for line in self.run_ok("-v", *arguments, **options).stderr.splitlines():
            name, _, text = line.partition(": ")
            if text[:1] in ("{", "["):
                found.setdefault(name, []).append(json.loads(text))
        return found

    def test_all_five_values_of_a_new_run_are_printed(self):
        self.wheel("leaf", "1.0")
        self.wheel("demo", "1.0", requires=["leaf; sys_platform == 'linux'"])
        self.wheel("other", "2.0")
        script = self.script("import demo, leaf, other", ["demo"])
        first = self.values("--with", "other>1", script)
        self.assertEqual(set(first), {"request", "layers", "lock", "snapshots", "plan"})
        request, layers, plan = first["request"][0], first["layers"][0], first["plan"][0]
        self.assertEqual(request["with"], ["other>1"])
        self.assertIn("default-index", [setting["name"] for setting in request["settings"]])
        self.assertEqual([(layer["source"], layer["requirements"]) for layer in layers],
                         [("with", ["other>1"]), ("script", ["demo"])])
        script_lock, with_lock = first["lock"]
        self.assertEqual([(p["name"], p["version"], p["needs"]) for p in script_lock["packages"]],
                         [("demo", "1.0", ["leaf"]), ("leaf", "1.0", [])])
        self.assertEqual(script_lock["markers"], {"sys_platform": "linux"})
        self.assertTrue(script_lock["packages"][0]["hashes"][0].startswith("sha256:"))
        self.assertEqual([p["name"] for p in with_lock["packages"]], ["other"])
        self.assertEqual([layer["id"] for layer in first["snapshots"][0]], [layer["snapshot"] for layer in plan["layers"]])
        second = self.values("--with", "other>1", script)
        self.assertEqual(second, {"plan": [plan]})

    def test_a_layout_that_a_package_needs_is_made_once_and_nothing_is_resolved_again(self):
        self.wheel("demo")
        self.wheel("coverage")
        script = self.script("import demo", ["demo"])
        self.run_ok(script)
        self.assertEqual(len(self.snapshots()), 1)
        self.server.reset()
        values = self.values("--refresh", "--with", "coverage", script)
        self.assertEqual([layer["layout"] for layer in values["snapshots"][0]], ["forest", "forest"])
        self.assertEqual(len(values["lock"]), 2)
        for name in ("demo", "coverage"):
            self.assertEqual(self.server.count("/simple/%s/" % name), 1, name)


class Settings(EnvstoreTest):
    def test_config_refuses_what_a_run_would_refuse(self):
        for name in ("ENVSTORE_LAYOUT", "ENVSTORE_BYTECODE"):
            done = self.envstore("config", env={name: "frm"})
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"cannot use 'frm' as \w+ \(%s\): it must be" % name)
            self.assertIn(done.stderr, self.run_fails("python", "-c", "", code=2, env={name: "frm"}).stderr)
        (self.work / "pyproject.toml").write_text("")
        (self.work / "envstore.yaml").write_text("layout: frm\n")
        self.assertIn("envstore.yaml", self.envstore("config").stderr)

    def test_config_prints_the_rules_of_gc_with_their_sources(self):
        def rules(**env):
            rows = json.loads(self.envstore("config", "--json", env={"XDG_CONFIG_HOME": str(self.work), **env}).stdout)
            return {row["key"][3:]: (row["value"], row["source"]) for row in rows if row["key"].startswith("gc.")}

        built_in = {"grace": ("1h", "built in"), "max-age": ("90d", "built in"), "max-size": ("20%", "built in"),
                    "min-free": ("5%", "built in")}
        self.assertEqual(rules(), built_in)
        (self.work / "envstore").mkdir()
        (self.work / "envstore" / "envstore.yaml").write_text("gc:\n  max-size: 20GB\n  keep-last: 3\n")
        told = rules(ENVSTORE_GC_GRACE="5m", ENVSTORE_GC_MAX_SIZE="1GB")
        self.assertEqual({"grace": ("5m", "ENVSTORE_GC_GRACE"), "max-size": ("1GB", "ENVSTORE_GC_MAX_SIZE")},
                         {key: told[key] for key in ("grace", "max-size")})
        self.assertEqual(told["keep-last"][0], "3")
        self.assertIn("envstore.yaml", told["keep-last"][1])
        self.assertIn("ENVSTORE_GC_GRACE", self.envstore("config", env={"ENVSTORE_GC_GRACE": "soon"}).stderr)

    def test_a_listing_has_the_interpreter_as_an_object(self):
        self.wheel("demo")
        self.run_ok("--with", "demo", "python", "-c", "")
        interpreter = json.loads(self.envstore("ls", "--json").stdout)["snapshots"][0]["interpreter"]
        self.assertEqual(set(interpreter), {"path", "implementation", "version", "abi", "cache_tag", "platform"})
        self.assertTrue(os.access(interpreter["path"], os.X_OK))

    def test_prereleases_by_mode(self):
        self.wheel("demo", "1.0"), self.wheel("demo", "2.0rc1")
        script = self.script(PRINT_VERSION, ["demo"])
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        self.assertEqual(self.run_ok("--prerelease", "allow", script).stdout, "2.0rc1\n")
        explicit = self.script(PRINT_VERSION, ["demo>=2.0rc1"], name="explicit.py")
        self.assertEqual(self.run_ok(explicit).stdout, "2.0rc1\n")

    def test_resolution_lowest(self):
        for version in ("1.0", "1.5", "2.0"):
            self.wheel("demo", version)
        script = self.script(PRINT_VERSION, ["demo>=1.2"])
        self.assertEqual(self.run_ok("--resolution", "lowest", script).stdout, "1.5\n")
        self.assertEqual(self.run_ok(script).stdout, "2.0\n")

    def test_settings_in_the_metadata_block_count_below_flags(self):
        for version in ("1.0", "2.0"):
            self.wheel("demo", version)
        script = self.script(PRINT_VERSION, ["demo"], head="# [tool.uv]\n# resolution = 'lowest'\n")
        self.assertEqual(self.run_ok(script).stdout, "1.0\n")
        self.assertEqual(self.run_ok("--resolution", "highest", script).stdout, "2.0\n")

    def test_an_unknown_field_of_the_block_is_a_warning_and_an_unknown_key_of_a_tool_s_table_an_error(self):
        self.wheel("demo")
        script = self.script(PRINT_VERSION, ["demo"], head="# frobnicate = 1\n")
        self.assertIn("frobnicate", self.run_ok(script).stderr)
        script = self.script(PRINT_VERSION, ["demo"], head="# [tool.envstore]\n# frobnicate = 1\n")
        self.assertIn("frobnicate", self.run_fails(script).stderr)

    def test_find_links_and_no_index(self):
        self.wheel("demo")
        self.run_ok("--no-index", "--find-links", self.wheels, self.script(PRINT_VERSION, ["demo"]))
        self.assertEqual(self.server.requests(), [])

    def test_offline_uses_what_is_there_and_explains_what_is_not(self):
        self.wheel("demo"), self.wheel("other")
        script = self.script(PRINT_VERSION, ["demo"])
        self.run_ok(script)
        self.assertEqual(self.run_ok("--offline", script).stdout, "1.0\n")
        done = self.run_fails("--offline", self.script("", ["other"], name="o.py"))
        self.assertIn("offline", done.stderr)

    def test_a_local_wheel_is_taken_by_path(self):
        path = self.wheel("demo", "9.9")
        self.assertEqual(self.run_ok("--with", path, self.script(PRINT_VERSION)).stdout, "9.9\n")

    def test_a_named_python_is_taken_and_a_version_file_counts(self):
        body = "import sys; print('%d.%d' % sys.version_info[:2])"
        self.assertEqual(self.run_ok("--python", "/usr/bin/python3", self.script(body)).returncode, 0)
        version = self.run_ok(self.script(body)).stdout.strip()
        (self.work / ".python-version").write_text(version + "\n")
        self.assertEqual(self.run_ok(self.script(body)).stdout.strip(), version)
        (self.work / ".python-version").write_text("3.99\n")
        self.run_fails(self.script(body))

    def test_the_store_may_be_named_by_a_flag(self):
        self.wheel("demo")
        self.run_ok("--store", self.home / "elsewhere", self.script(PRINT_VERSION, ["demo"]))
        self.assertTrue((self.home / "elsewhere" / "objects").is_dir())
        self.assertFalse(self.store.exists())

    def test_bytecode_is_compiled_in_the_foreground_on_request(self):
        self.wheel("demo", files={"demo/__init__.py": "VERSION = '1.0'\n", "demo/sub/x.py": "", "six.py": ""})
        self.run_ok("--compile-bytecode", self.script(PRINT_VERSION, ["demo"]))
        compiled = [p.name for p in (self.store / "bytecode").rglob("*.pyc")]
        self.assertEqual(len(compiled), 3, compiled)
        body = "import demo, six; print(demo.__cached__, six.__cached__); import os; print(os.path.exists(six.__cached__))"
        self.assertIn("True", self.run_ok(self.script(body, ["demo"], name="b.py")).stdout)


if __name__ == "__main__":
    unittest.main()
