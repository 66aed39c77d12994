"""Wheels whose RECORD, metadata or members are odd are read as pip reads them, or refused."""
import base64
import hashlib
import unittest
import zipfile

from support import EnvstoreTest


def row(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return "%s,sha256=%s,%d\n" % (name, digest, len(content))


class Wheels(EnvstoreTest):
    INFO = "odd-1.0.dist-info/"

    def odd(self, extra=(), rows="", change=lambda text: text.encode(), info=()):
        """A wheel of odd.py: `extra` members, further RECORD `rows`, `change` of RECORD; `info`: files of dist-info."""
        members = {"odd.py": b"X = 1\n", self.INFO + "METADATA": b"Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n",
                   self.INFO + "WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
        members.update({self.INFO + name: content for name, content in dict(info).items()})
        record = rows + "".join(row(*item) for item in members.items()) + self.INFO + "RECORD,,\n"
        with zipfile.ZipFile(self.wheels / "odd-1.0-py3-none-any.whl", "w") as archive:
            for name, content in [*members.items(), (self.INFO + "RECORD", change(record)), *extra]:
                archive.writestr(name, content)

    def runs(self):
        return self.run_ok("--with", "odd", "python", "-c", "import odd; print(odd.X)")

    def setUp(self):
        super().setUp()
        import warnings
        warnings.simplefilter("ignore", UserWarning)  # zipfile warns about duplicate names

    def test_a_member_twice_with_the_same_bytes_is_one_file_with_a_warning(self):
        self.odd(extra=[("odd.py", b"X = 1\n")])
        self.wheel("odd", "0.9")
        done = self.runs()
        self.assertEqual(done.stdout, "1\n")
        self.assertRegex(done.stderr, r"warning: .*odd-1\.0.*twice.*'odd\.py'")

    def test_a_member_twice_with_other_bytes_is_refused_and_no_older_version_taken(self):
        self.odd(extra=[("odd.py", b"X = 2\n")])
        done = self.run_fails("--with", "odd==1.0", "python", "-c", "")
        self.assertIn("'odd.py'", done.stderr)
        self.assertIn("different content", done.stderr)

    def test_lines_of_record_without_a_file_are_accepted_with_a_warning(self):
        self.odd(rows=row("odd.py", b"X = 1\n") + "folder/,,\nodd.py,,\n" + row("gone.py", b"q"),
                 extra=[("folder/", b"")])
        done = self.runs()
        for word in ("twice", "directory", "not there"):
            self.assertEqual(done.stderr.count(word), 1, done.stderr)

    def test_a_wrong_hash_in_record_stays_an_error_beside_a_right_one(self):
        self.odd(rows=row("odd.py", b"X = 2\n"))
        self.assertIn("hash", self.run_fails("--with", "odd", "python", "-c", "").stderr)

    def test_record_in_the_spellings_of_real_wheels(self):
        for change in (lambda t: t.replace("\n", "\r\n").encode(), lambda t: b"\xef\xbb\xbf" + t.encode(),
                       lambda t: t.rstrip("\n").encode(), lambda t: t.replace("sha256=", "SHA256=").encode(),
                       lambda t: t.replace("/", "\\").encode(),
                       lambda t: "".join('"%s","%s","%s"\n' % tuple(l.split(",")) for l in t.splitlines()).encode(),
                       lambda t: "".join(",".join(l.split(",")[:2]) + "\n" for l in t.splitlines()).encode()):
            with self.subTest(change(row("a/b", b"")).decode("latin-1")):
                self.odd(change=change)
                self.store = self.home / ("store-%d" % id(change))
                self.env["ENVSTORE_ROOT"] = str(self.store)
                self.assertEqual(self.runs().stdout, "1\n")

    def test_wheel_and_entry_points_as_pip_reads_them(self):
        self.odd(info={"entry_points.txt": b"\xef\xbb\xbf[console_scripts]\nodd = odd:main # comment\n",
                       "WHEEL": b"Wheel-Version: 1\r\nTag: py3-none-any\r\n"})
        self.assertEqual(self.runs().stdout, "1\n")


if __name__ == "__main__":
    unittest.main()
