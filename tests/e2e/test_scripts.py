"""Scripts from pipes and their metadata blocks: what is wrong is reported with its line."""
import os
import subprocess
import sys
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT


class Pipes(EnvstoreTest):
    BODY = "import demo, sys\nprint(sys.argv[1:], sys.stdin.read())\n"

    def setUp(self):
        super().setUp()
        self.wheel("demo")
        self.text = self.script(self.BODY, ["demo"], name="s.txt")
        os.mkfifo(self.work / "fifo")

    def shell(self, line, code=0):
        done = subprocess.run(["bash", "-c", line], env={**self.env, "ES": ENVSTORE}, cwd=self.work, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_the_metadata_of_every_kind_of_pipe_counts_cold_and_warm(self):
        lines = {
            'echo -n in | "$ES" run --script <(cat s.txt) a': "['a'] in\n",
            'echo -n in | "$ES" run <(cat s.txt) a': "['a'] in\n",
            'echo -n in | "$ES" run --exec --script <(cat s.txt) a': "['a'] in\n",
            'cat s.txt | "$ES" run --script /dev/stdin a': "['a'] \n",
            'cat s.txt | "$ES" run /dev/fd/0 a': "['a'] \n",
            'cat s.txt | "$ES" run - a': "['a'] \n",
            'cat s.txt > fifo & echo -n in | "$ES" run --script fifo a': "['a'] in\n",
        }
        for number, (line, answer) in enumerate(lines.items()):
            with self.subTest(line):
                self.env["ENVSTORE_ROOT"] = str(self.home / ("store-%d" % number))
                for _ in range(2):
                    self.assertEqual(self.shell(line).stdout, answer)

    def test_a_second_run_is_cached(self):
        self.shell('"$ES" run <(cat s.txt)')
        done = self.shell('"$ES" run -v <(cat s.txt)')
        self.assertIn("from the run cache", done.stderr)

    def test_a_big_script_a_traceback_and_nothing_to_import_beside_it(self):
        with open(self.text, "a") as script:
            script.write("#" * (3 << 20) + "\nimport os; print(os.path.exists(sys.path[0]))\nraise ValueError('last')\n")
        done = self.shell('"$ES" run --script <(cat s.txt)', code=1)
        self.assertIn("False\n", done.stdout)
        self.assertRegex(done.stderr, r'File "/dev/fd/\d+", line \d+, in <module>\n +raise ValueError')

    def test_relative_paths_start_at_the_working_directory(self):
        text = self.text.read_text().replace("# ///\nimport", "# [tool.uv]\n# find-links = ['%s']\n# ///\nimport" %
                                             os.path.relpath(self.wheels, self.work))
        self.text.write_text(text)
        self.env.pop("UV_DEFAULT_INDEX")
        self.shell('"$ES" run --no-index --script <(cat s.txt)')


class Blocks(EnvstoreTest):
    def block(self, *lines, name="s.py"):
        path = self.work / name
        path.write_text("\n".join(lines) + "\nimport demo; print('ran')\n")
        return path

    def test_a_fault_of_a_block_is_reported_with_its_line(self):
        for lines, line, word in (
                (["# /// script", "# dependencies = []", "# /// "], 3, "white space"),
                (["# /// script", "# dependencies = []", "# ///\t"], 3, "white space"),
                (["# /// script", "# dependencies = []", "#///"], 3, "one blank"),
                (["# /// script", "#dependencies = []", "# ///"], 1, "line 2 has no blank"),
                (["# /// script", "", "# ///"], 1, "line 2 does not"),
                (["# /// script", "# dependencies = []"], 1, "not closed")):
            with self.subTest(lines):
                done = self.run_fails(self.block(*lines))
                self.assertRegex(done.stderr, "line %d.*%s" % (line, word))

    def test_a_line_that_nearly_opens_a_block_is_a_warning(self):
        for opening in ("# /// script ", "#/// script", "# ///script", "# /// Script"):
            with self.subTest(opening):
                done = self.envstore("run", self.block(opening, "# dependencies = ['demo']", "# ///"))
                self.assertIn("warning: line 1", done.stderr)
        self.assertNotIn("warning", self.envstore("run", self.block("# a comment of ///")).stderr)

    def test_toml_1_1(self):
        self.wheel("demo")
        self.run_ok(self.block("# /// script", "# dependencies = ['\\x64emo']".replace("'", '"'), "# [tool.other]",
                               "# table = {", "#   a = 1, # comment", "#   b = \"\\e\",", "# }", "# at = 10:20",
                               "# day = 2020-01-01T10:20", "# ///"))

    def test_malformed_toml_is_an_error_and_never_a_crash(self):
        for text in ("[!", "a = " + "[" * 5000, "a = " + "{a=" * 5000, ".".join("a" * 5000) + " = 1",
                     "[" + ".".join("a" * 200000) + "]", "[[" + " . ".join(['"a"'] * 5000) + "]]", "a = '\x01'", "=", "a = 1 2"):
            with self.subTest(text[:20]):
                done = self.run_fails(self.block("# /// script", "# b = 1", "# " + text, "# ///"))
                self.assertRegex(done.stderr, r"s\.py': line 3")

    def test_a_short_equality_of_requires_python_means_the_whole_minor_version(self):
        import sys
        self.wheel("demo")
        version = "%d.%d" % sys.version_info[:2]
        script = self.block("# /// script", "# requires-python = '==%s'" % version, "# dependencies = ['demo']", "# ///")
        done = self.run_ok("--isolated", script)
        self.assertIn("write '==%s.*'" % version, done.stderr)

    def test_a_version_without_an_operator_is_an_error_that_suggests_one(self):
        for written in ("3.11", "^3.11", "3.11.*", "=3.11"):
            done = self.run_fails(self.block("# /// script", "# requires-python = '%s'" % written, "# ///"))
            self.assertIn("'>=3.11'", done.stderr)
            self.assertIn("'==3.11.*'", done.stderr)

    def test_a_missing_python_is_reported_on_one_screen(self):
        folder = self.home / "bin"
        for number in range(40):
            (folder / str(number)).mkdir(parents=True)
            fake = folder / str(number) / "python3"
            fake.write_text("#!/bin/sh\n# %d\nfor i in 1 2 3 4 5; do echo a long line of complaint >&2; done; exit 3\n" % number)
            fake.chmod(0o755)
        self.env["PATH"] = ":".join(str(folder / str(n)) for n in range(40)) + ":/usr/bin:/bin"
        done = self.run_fails(self.block("# /// script", "# requires-python = '>=3.99'", "# ///"))
        self.assertIn(">=3.99", done.stderr)
        self.assertRegex(done.stderr, r"and \d+ more")
        self.assertLess(len(done.stderr.splitlines()), 20, done.stderr)


if __name__ == "__main__":
    unittest.main()
