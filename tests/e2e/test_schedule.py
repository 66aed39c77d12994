"""`envstore schedule`: crontab or systemd timers, jobs in adverse environments, the output of status."""
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import textwrap
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

LONG = os.environ.get("ENVSTORE_TEST_LONG") == "1"

FAKE_CRONTAB = """#!/bin/sh
case $1 in
-l) [ -e "$FAKE/crontab" ] || { echo 'no crontab for me' >&2; exit 1; }; cat "$FAKE/crontab" ;;
-r) rm "$FAKE/crontab" ;;
-) cat > "$FAKE/crontab" ;;
esac
"""


class ScheduleTest(EnvstoreTest):
    """`crontab` and `systemctl` are fakes local to each test."""

    has_manager = False

    def setUp(self):
        super().setUp()
        self.bin = self.home / "bin"
        self.bin.mkdir()
        self.program("crontab", FAKE_CRONTAB)
        self.program("systemctl", "#!/bin/sh\n[ %d = 1 ]\n" % self.has_manager)
        self.env.update(PATH="%s:%s" % (self.bin, self.env["PATH"]), FAKE=str(self.home))

    def program(self, name, text):
        path = self.bin / name
        path.write_text(text)
        path.chmod(0o755)

    def schedule(self, *words, code=0, **options):
        done = self.envstore("schedule", *words, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def status(self, **options):
        return json.loads(self.schedule("status", "--json", **options).stdout)

    def job(self, name):
        return next(job for job in self.status()["jobs"] if job["name"] == name)

    def line_of(self, name):
        lines = (self.home / "crontab").read_text().splitlines()
        return next(line for line in lines if line.endswith(" " + name)).split(" ", 5)[5].replace("\\%", "%")


class Actions(ScheduleTest):
    def test_install_status_and_remove_leave_foreign_lines_as_they_were(self):
        foreign = "# mine\n0 1 * * * echo 100\\% # envstore\n"
        (self.home / "crontab").write_text(foreign)
        self.assertFalse(self.status()["installed"])
        for _ in range(2):
            self.schedule("install", "--daily-at", "05:10")
        crontab = (self.home / "crontab").read_text()
        self.assertTrue(crontab.startswith(foreign))
        self.assertEqual(crontab.count("scheduled-job"), 3)
        status = self.status()
        self.assertEqual(status["scheduler"], "crontab")
        self.assertEqual([job["when"] for job in status["jobs"]],
                         ["daily at 05:10", "daily at 05:40", "Sundays at 06:10"])
        self.assertEqual({job["last"] for job in status["jobs"]}, {None})
        self.schedule("install", "--no-verify")
        self.assertEqual([job["name"] for job in self.status()["jobs"]], ["gc"])
        self.schedule("remove")
        self.assertEqual((self.home / "crontab").read_text(), foreign)
        self.assertIn("there was no schedule", self.schedule("remove").stdout)

    def test_what_was_mistyped(self):
        self.assertIn("did you mean 'envstore schedule install'?", self.schedule("instal", code=2).stderr)
        self.assertIn("no action was given", self.schedule(code=2).stderr)
        self.assertIn("HH:MM", self.schedule("install", "--daily-at", "7pm", code=2).stderr)
        self.assertFalse((self.home / "crontab").exists())

    def test_a_path_that_cannot_be_a_store_is_refused_at_once(self):
        (self.home / "store").mkdir()
        (self.home / "store" / "letters").write_text("")
        self.assertIn("it is no store", self.schedule("install", code=2).stderr)
        self.assertFalse((self.home / "crontab").exists())

    def test_a_machine_without_any_scheduler(self):
        self.program("crontab", "#!/bin/sh\necho 'not allowed' >&2; exit 1\n")
        self.assertIn("cannot schedule", self.schedule("install", code=2).stderr)


class Jobs(ScheduleTest):
    COMMANDS = {"gc": ["gc"], "verify": ["verify"], "verify-sample": ["verify", "--sample", "5%"]}

    def run_line(self, name, prefix="", env=None):
        """Runs the line of a job as cron does: /bin/sh -c, another working directory, no terminal."""
        done = subprocess.run(["/bin/sh", "-c", prefix + self.line_of(name)], cwd="/", env=env or {},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        return done

    def test_jobs_run_whatever_surrounds_them(self):
        self.wheel("demo")
        self.run_ok("--with", "demo", "python", "-c", "import demo")
        self.schedule("install")
        surroundings = {
            "no variable at all": ("", {}),
            "a hostile umask": ("umask 0777; ", {}),
            "an open umask": ("umask 0; ", {}),
            "no descriptors": ("exec 0<&- 1>&- 2>&-; ", {}),
            "another locale": ("", {"LC_ALL": "tr_TR.UTF-8", "LANG": "ar_EG", "PATH": "/nowhere", "HOME": "relative"}),
            "ignored signals": ("trap '' CHLD PIPE TERM; ", {}),
        }
        for name, (prefix, env) in surroundings.items():
            with self.subTest(name):
                for job in ("gc", "verify", "verify-sample"):
                    by_hand = self.envstore(*self.COMMANDS[job], "--store", self.store)
                    done = self.run_line(job, prefix, env)
                    self.assertEqual(done.returncode, by_hand.returncode, done.stderr)
                    self.assertEqual(self.job(job)["exit"], by_hand.returncode)
        for path in (self.store / "logs").iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.run_ok("--with", "demo", "python", "-c", "import demo")

    def test_a_store_with_every_awkward_character(self):
        self.store = self.home / "it's 5% of $HOME, \"q\" & *"
        self.env["ENVSTORE_ROOT"] = str(self.store)
        self.schedule("install")
        done = self.run_line("gc")
        self.assertIsNotNone(self.job("gc")["last"], done.stderr)
        self.assertEqual(self.status()["store"], str(self.store))

    def test_a_missing_store_is_reported_and_not_made(self):
        self.schedule("install")
        shutil.rmtree(self.store)
        done = self.run_line("gc")
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no store at", done.stderr)
        self.assertFalse(self.store.exists())
        self.assertTrue(any("there is no store" in note for note in self.status()["notes"]))


class Units(ScheduleTest):
    has_manager = True

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_no_fault_in_the_units(self):
        self.store = self.home / "it's 5% of $HOME, \"q\" \\ *"
        self.env["ENVSTORE_ROOT"] = str(self.store)
        self.schedule("install")
        folder = self.home / ".config" / "systemd" / "user"
        units = sorted(map(str, folder.iterdir()))
        self.assertEqual(len(units), 6)
        done = subprocess.run(["systemd-analyze", "--user", "--man=no", "--recursive-errors=no", "verify", *units],
                              env={**self.env, "XDG_RUNTIME_DIR": str(self.home)},
                              capture_output=True, text=True, timeout=TIMEOUT)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        self.assertEqual(self.status()["store"], str(self.store))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_and_status_agree_on_the_next_time(self):
        self.schedule("install", "--daily-at", "04:20")
        folder = self.home / ".config" / "systemd" / "user"
        for job in self.status()["jobs"]:
            text = (folder / ("envstore-%s.timer" % job["name"])).read_text()
            calendar = text.split("OnCalendar=")[1].split("\n")[0]
            done = subprocess.run(["systemd-analyze", "calendar", calendar], env={**self.env, "TZ": "UTC", "LC_ALL": "C"},
                                  capture_output=True, text=True, timeout=TIMEOUT)
            moment = done.stdout.split("Next elapse: ")[1].split("\n")[0].split(" ", 1)[1].removesuffix(" UTC")
            told = json.loads(self.schedule("status", "--json", env={"TZ": "UTC"}).stdout)
            next_time = next(j["next"] for j in told["jobs"] if j["name"] == job["name"])
            self.assertEqual(next_time, moment.replace(" ", "T") + "Z")


def can_isolate():
    if os.geteuid() != 0 or not shutil.which("cron", path="/usr/sbin:/usr/bin") or not shutil.which("crontab"):
        return False
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode == 0


@unittest.skipUnless(can_isolate(), "needs root, cron and namespaces")
class RealCron(EnvstoreTest):
    """Debian's cron with a private spool in private namespaces; the user is unprivileged."""

    PREPARE = textwrap.dedent("""\
        set -eu
        mount -t tmpfs -o mode=1730,gid=crontab spool /var/spool/cron/crontabs
        mount -t tmpfs -o mode=755 run /run
        [ ! -d /etc/cron.d ] || mount -t tmpfs none /etc/cron.d
        [ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab
        as_user() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
        """)

    def setUp(self):
        super().setUp()
        user = pwd.getpwnam("nobody")
        # That user may have no access to the build folder, so the programs are copied.
        self.programs = self.home / "programs"
        self.programs.mkdir()
        for name in ("envstore", "envstore-full"):
            shutil.copy(pathlib.Path(ENVSTORE).parent / name, self.programs)
        for path in (self.home, self.work, self.programs):
            os.chown(path, user.pw_uid, user.pw_gid)
        self.home.chmod(0o755)
        self.env.update(PROGRAM=str(self.programs / "envstore"), STORE=str(self.store), HOME=str(self.home))

    def isolated(self, script):
        done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                               "/bin/sh", "-c", self.PREPARE + script],
                              env={**self.env, "PATH": self.env["PATH"] + ":/usr/sbin"}, cwd="/",
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_users_crontab_is_changed_and_restored(self):
        out = self.isolated(textwrap.dedent("""\
            printf '# mine\\n0 1 * * * true\\n' | as_user crontab -
            as_user crontab -l > "$HOME/before"
            as_user "$PROGRAM" schedule install --daily-at 04:20 >/dev/null
            as_user "$PROGRAM" schedule install --daily-at 04:20
            as_user crontab -l
            as_user "$PROGRAM" schedule remove
            as_user crontab -l | cmp - "$HOME/before"
            as_user crontab -r
            as_user "$PROGRAM" schedule install >/dev/null
            as_user "$PROGRAM" schedule remove
            ! as_user crontab -l 2>/dev/null
            """))
        self.assertIn("gc, daily at 04:20", out)
        self.assertIn("no cron daemon is seen", out)
        self.assertEqual(out.count("scheduled-job"), 3)

    @unittest.skipUnless(LONG, "cron looks once a minute: ENVSTORE_TEST_LONG=1")
    def test_cron_runs_the_job(self):
        # The line writes to a FIFO when the job has ended, so the test does not sleep.
        os.mkfifo(self.home / "ended", 0o666)
        (self.home / "ended").chmod(0o666)
        out = self.isolated(textwrap.dedent("""\
            as_user "$PROGRAM" schedule install >/dev/null
            as_user crontab -l | sed "s|^30 3 \\\\* \\\\* \\\\* \\\\(.*\\\\)|* * * * * umask 0777; \\\\1; echo done > $HOME/ended|" |
              as_user crontab -
            cron -f &
            timeout 100 cat "$HOME/ended"
            as_user "$PROGRAM" schedule status
            kill $!
            """))
        self.assertIn("done\n", out)
        self.assertRegex(out, r"gc, at a time that was changed by hand\n  last: \d{4}-\d\d-\d\d \d\d:\d\d ")
        self.assertNotIn("no cron daemon", out)


if __name__ == "__main__":
    unittest.main()
