"""Files from users and the ecosystem: encodings, requirements, version and variable files."""
import os
import subprocess
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT


class Encodings(EnvstoreTest):
    CODE = ("python", "-c", "import demo; print(demo.VERSION)")
    UNICODE = (lambda t: b"\xef\xbb\xbf" + t.encode(), lambda t: t.encode("utf-16"),
               lambda t: b"\xfe\xff" + t.encode("utf-16-be"), lambda t: t.replace("\n", "\r\n").encode(),
               lambda t: t.replace("\n", "\r").encode())

    def write(self, name, content):
        (self.work / name).write_bytes(content)

    def each(self, name, text, check):
        for number, encode in enumerate(self.UNICODE):
            with self.subTest(number):
                self.write(name, encode(text))
                check()

    def test_requirements_and_constraints(self):
        self.wheel("demo", "1.0"), self.wheel("demo", "2.0")
        self.write("limits.txt", "demo<2\n".encode("utf-16"))
        self.each("r.txt", "# caf\u00e9\n-c limits.txt\ndemo\n",
                  lambda: self.assertEqual(self.run_ok("--with-requirements", "r.txt", *self.CODE).stdout, "1.0\n"))

    def test_a_declared_encoding_counts_and_undecodable_text_is_reported_with_its_line(self):
        self.wheel("demo")
        self.write("r.txt", b"# -*- coding: latin-1 -*-\n# caf\xe9\ndemo\n")
        self.run_ok("--with-requirements", "r.txt", *self.CODE)
        self.write("r.txt", b"demo\n# caf\xe9\n")
        self.assertRegex(self.run_fails("--with-requirements", "r.txt", *self.CODE).stderr, "r.txt.*line 2.*0xe9")

    def test_env_files(self):
        code = "import os; print(os.environ['A'], os.environ['B'])"
        self.each("x.env", "A=1\n# c\nexport B='two'\n",
                  lambda: self.assertEqual(self.run_ok("--env-file", "x.env", "python", "-c", code).stdout, "1 two\n"))
        self.write("x.env", b"A=1\nB=\xe9\n")
        done = self.envstore("run", "--env-file", "x.env", "python", "-c", code)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "x.env.*line 2")

    def test_envstore_yaml(self):
        (self.work / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
        for encode in self.UNICODE[:4]:
            self.write("envstore.yaml", encode("layout: forest\n"))
            self.assertEqual(self.envstore("config").returncode, 0)
        self.write("envstore.yaml", b"# ok\n# \xe9\nlayout: forest\n")
        done = self.envstore("config")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "envstore.yaml.*line 2")

    def test_pips_configuration(self):
        self.wheel("demo")
        self.env.pop("UV_DEFAULT_INDEX")
        self.env["PIP_CONFIG_FILE"] = "pip.conf"
        for encode in self.UNICODE[:4]:
            self.write("pip.conf", encode("[global]\nindex-url = %s\n" % self.server.url))
            self.run_ok("--refresh", "--with", "demo", *self.CODE)

    def test_netrc(self):
        self.wheel("demo")
        self.env["NETRC"] = str(self.work / "netrc")
        index = self.server.url.replace("/simple/", "/auth/simple/")
        for encode in self.UNICODE[:4]:
            self.write("netrc", encode("machine 127.0.0.1 login user password secret\n"))
            self.run_ok("--refresh", "--default-index", index, "--with", "demo", *self.CODE)

    def test_a_script_with_a_declared_encoding(self):
        self.wheel("demo")
        self.write("s.py", b"# -*- coding: latin-1 -*-\n# /// script\n# # caf\xe9\n# dependencies = ['demo']\n# ///\n"
                           b"import demo; print(ascii('\xe9'))\n")
        self.assertEqual(self.run_ok("s.py").stdout, "'\\xe9'\n")

    def test_a_script_in_utf_16_is_an_error_that_names_the_encoding(self):
        self.write("s.py", "# /// script\n# dependencies = ['demo']\n# ///\n".encode("utf-16"))
        self.assertRegex(self.run_fails("s.py").stderr, "s.py.*UTF-16")


class Requirements(EnvstoreTest):
    CODE = ("python", "-c", "import demo; print('here')")

    def setUp(self):
        super().setUp()
        self.path = self.wheel("demo")
        folder = self.work / "my dir"
        folder.mkdir()
        os.rename(self.path, folder / os.path.basename(self.path))
        self.path = "./my dir/" + os.path.basename(self.path)

    def check(self, text, here=True):
        (self.work / "r.txt").write_text(text)
        done = self.envstore("run", "--with-requirements", "r.txt", *self.CODE)
        self.assertEqual(done.returncode == 0, here, text + done.stderr)
        if not here:
            self.assertIn("No module named 'demo'", done.stderr)

    def test_a_marker_after_a_path_or_a_url(self):
        address = "file://" + str(self.work / self.path[2:]).replace(" ", "%20")
        for target in (self.path, "demo @ " + self.path, "demo[x]@" + self.path, address, "demo @ " + address,
                       str(self.work / self.path[2:]), "file:" + self.path):
            for marker in (" ; python_version > '3'", "; python_version > '3'", " ;python_version > '3'", ""):
                with self.subTest(target + marker):
                    self.check(target + marker + "\n")
        self.check(self.path + " ; python_version < '3'\n", here=False)

    def test_options_and_lines_as_pip_reads_them(self):
        for text in ("-f 'my dir' --no-index\ndemo\n", "-f my\\ dir\ndemo\n", "--find-links=my dir\nde\\\nmo \\\n  >=1\n",
                     "--find-links \"my dir\"\ndemo \\", "-f ${FOLDER}\ndemo # comment\n"):
            with self.subTest(text):
                self.env["FOLDER"] = "my dir"
                self.check(text)

    def test_a_file_that_is_a_link_is_read(self):
        (self.work / "real.txt").write_text(self.path + "\n")
        os.symlink("real.txt", self.work / "r.txt")
        self.run_ok("--with-requirements", "r.txt", *self.CODE)

    def test_a_wheel_named_without_a_slash_belongs_to_its_folder(self):
        for version in ("1.0", "2.0"):
            folder = self.work / version
            folder.mkdir()
            from make_wheel import make_wheel
            make_wheel(folder, "same", "1.0", files={"same.py": "VERSION = %r\n" % version})
        for version in ("1.0", "2.0", "1.0"):
            done = self.run_ok("--with", "same-1.0-py3-none-any.whl", "python", "-c", "import same; print(same.VERSION)",
                               cwd=self.work / version)
            self.assertEqual(done.stdout.strip(), version)

    def test_requirements_from_a_pipe_and_several_files(self):
        code = " ".join("'%s'" % word.replace("'", '"') for word in self.CODE)
        done = self.shell("echo '%s' | \"$ES\" run --with-requirements - %s" % (self.path, code))
        self.assertEqual(done.stdout, "here\n", done.stderr)
        for _ in range(2):
            done = self.shell("\"$ES\" run --with-requirements <(echo '%s') %s" % (self.work / self.path, code))
            self.assertEqual(done.stdout, "here\n", done.stderr)
        (self.work / "a.txt").write_text("")
        (self.work / "b.txt").write_text(self.path + "\n")
        self.run_ok("--with-requirements", "a.txt,b.txt", *self.CODE)

    def shell(self, line):
        return subprocess.run(["bash", "-c", line], env={**self.env, "ES": ENVSTORE}, cwd=self.work, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT, stdin=subprocess.DEVNULL)

    def test_a_script_gives_the_dependencies_of_its_block(self):
        self.wheel("other"), self.wheel("demo")
        (self.work / "tool.py").write_text("# /// script\n# dependencies = ['demo']\n# requires-python = '>=3.99'\n# ///\n")
        self.run_ok("--with-requirements", "tool.py", *self.CODE)
        (self.work / "plain.py").write_text("print('no block')\n")
        self.assertIn("metadata block", self.run_fails("--with-requirements", "plain.py", *self.CODE).stderr)

    def test_a_project_gives_its_dependencies_but_no_dynamic_ones(self):
        self.wheel("demo")
        file = self.work / "pyproject.toml"
        file.write_text("[project]\nname = 'x'\nversion = '1'\ndependencies = ['demo']\n")
        self.run_ok("--with-requirements", "pyproject.toml", *self.CODE)
        file.write_text("[project]\nname = 'x'\nversion = '1'\ndynamic = ['dependencies']\n")
        self.assertIn("dynamic", self.run_fails("--with-requirements", "pyproject.toml", *self.CODE).stderr)
        for name in ("setup.py", "setup.cfg", "pylock.toml", "pylock.dev.toml", "uv.lock"):
            (self.work / name).write_text("")
            self.assertIn(name, self.run_fails("--with-requirements", name, *self.CODE).stderr)


class VersionFiles(EnvstoreTest):
    @unittest.skipIf(os.geteuid() == 0, "root may look everywhere")
    def test_a_directory_of_path_that_may_not_be_looked_at_is_passed_over(self):
        closed = self.home / "closed"
        (closed / "bin").mkdir(parents=True)
        closed.chmod(0)
        self.addCleanup(closed.chmod, 0o700)
        for _ in range(2):
            self.run_ok("python", "-c", "1", env={"PATH": "%s/bin:%s" % (closed, self.env["PATH"])})

    def test_names_that_are_no_versions_are_passed_over(self):
        script = self.script("print('ran')")
        for text in ("myenv\n", "myenv\n3\n", "system\n", "# c\n\n3\n", "\ufeff3\r\n", "3.x\n", "miniconda3-4.7.12\n",
                     "3 2.7\n", "latest\n", "3.99-dev\n", "cpython-3\n"):
            with self.subTest(text):
                (self.work / ".python-version").write_text(text, encoding="utf-8")
                self.assertEqual(self.run_ok(script).stdout, "ran\n")

    def test_a_name_is_reported_once_with_its_file(self):
        (self.work / ".python-version").write_text("myenv\n")
        done = self.run_ok(self.script("print('ran')"))
        self.assertRegex(done.stderr, r"warning: 'myenv' in '.*\.python-version'")

    def test_a_version_that_is_not_there_is_still_an_error(self):
        (self.work / ".python-version").write_text("3.99\n")
        done = self.run_fails(self.script("print('ran')"))
        self.assertIn("3.99", done.stderr)
        self.assertLess(len(done.stderr.splitlines()), 15, done.stderr)


class EnvFiles(EnvstoreTest):
    def values(self, *flags, **variables):
        code = "import os; print(*[os.environ.get(name) for name in 'ABC'])"
        return self.run_ok(*flags, "python", "-c", code, env=variables).stdout.split()

    def test_several_files_in_the_variable_and_in_the_flag(self):
        (self.work / "a.env").write_text("A=1\nB=a\nB=ignored\n")
        (self.work / "b.env").write_text("B=b\n")
        (self.work / "c d.env").write_text("C=3\n")
        self.assertEqual(self.values(UV_ENV_FILE="a.env  b.env c\\ d.env"), ["1", "b", "3"])
        self.assertEqual(self.values(UV_ENV_FILE="b.env a.env"), ["1", "a", "None"])
        self.assertEqual(self.values("--env-file", "a.env c\\ d.env"), ["1", "a", "3"])
        self.assertEqual(self.values("--env-file", "c d.env"), ["None", "None", "3"])
        self.assertEqual(self.values(UV_ENV_FILE="a.env", UV_NO_ENV_FILE="1"), ["None"] * 3)
        self.assertEqual(self.values(UV_ENV_FILE=" "), ["None"] * 3)
        done = self.envstore("run", "python", "-c", "", env={"UV_ENV_FILE": "a.env missing.env"})
        self.assertEqual(done.returncode, 2)
        self.assertIn("'missing.env'", done.stderr)

    def test_a_pipe_is_read_once_on_a_first_run_too(self):
        self.wheel("demo")
        for _ in range(2):
            done = subprocess.run(
                ["bash", "-c", "\"$ES\" run --env-file <(echo A=1) --with demo python -c 'import os; print(os.environ[\"A\"])'"],
                env={**self.env, "ES": ENVSTORE}, cwd=self.work, text=True, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
            self.assertEqual(done.stdout, "1\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
