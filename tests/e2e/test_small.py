"""A store without configuration stays small whatever the clock does; one line of configuration changes that."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest

from support import ENVSTORE, EnvstoreTest, TIMEOUT

DAY = 86400
MEGABYTE = 1 << 20


class SmallTest(EnvstoreTest):
    def setUp(self):
        super().setUp()
        for name in ("one", "two", "three"):
            self.wheel(name)

    def use(self, name, **options):
        done = self.run_ok("--with", name, "python", "-c", "", **options)
        self.settle()
        return done

    def labels(self, **options):
        snapshots = json.loads(self.envstore("ls", "--json", **options).stdout)["snapshots"]
        return sorted(label for snapshot in snapshots for label in snapshot["requests"])

    def gc(self, *flags, **options):
        done = self.envstore("gc", *flags, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def configure(self, text):
        path = self.home / ".config" / "envstore" / "envstore.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def last_turn_was(self, seconds_ago):
        when = time.time() - seconds_ago
        os.utime(self.store / "locks" / "gc.daily", (when, when))


class Told(SmallTest):
    def test_the_first_run_says_where_the_store_is_and_by_which_rules_it_stays_small_and_no_later_one_does(self):
        told = self.use("one").stderr
        self.assertIn("made the store '%s', which keeps itself small: what was not used for 90 days goes, it takes at "
                      "most 20%% of its disk, it leaves 5%% of its disk free" % self.store, told)
        self.assertEqual(told.count(str(self.store)), 1)
        for name in ("one", "two"):
            self.assertNotIn("keeps itself small", self.use(name).stderr)

    def test_a_quiet_one_does_not_and_neither_does_the_next(self):
        self.assertEqual(self.run_ok("-q", "--with", "one", "python", "-c", "").stderr, "")
        self.settle()
        self.assertNotIn("keeps itself small", self.use("two").stderr)

    def test_a_missing_rule_is_reported(self):
        self.configure("gc: none\n")
        self.assertIn("which keeps all environments, for no rule says which may go", self.use("one").stderr)

    def test_config_and_ls_print_the_rules(self):
        self.use("one")
        rows = {r["key"]: (r["value"], r["source"]) for r in json.loads(self.envstore("config", "--json").stdout)}
        for key, value in (("gc.max-age", "90d"), ("gc.max-size", "20%"), ("gc.min-free", "5%")):
            self.assertEqual(rows[key], (value, "built in"))
        self.assertRegex(self.envstore("ls").stdout, r"the store takes \S+ \S+, and keeps itself small: ")
        rules = json.loads(self.envstore("ls", "--json").stdout)["rules"]
        self.assertEqual(rules["max-age"], {"value": "90d", "source": "built in"})

    def test_each_rule_is_changed_by_a_line_or_a_variable_and_all_by_one(self):
        self.configure("gc: {max-age: never}\n")
        self.use("one")
        text = self.envstore("ls").stdout
        self.assertNotIn("not used for", text)
        self.assertIn("at most 20% of its disk", text)
        text = self.envstore("ls", env={"ENVSTORE_GC_MAX_SIZE": "off", "ENVSTORE_GC_MIN_FREE": "1GB"}).stdout
        self.assertIn("keeps itself small: it leaves 1.0 GB free", text)
        self.configure("gc: off\n")
        self.assertIn("no rule removes snapshots", self.gc())


class EveryDay(SmallTest):
    """With keep-last, the snapshots of the last run stay although they are too old."""

    RULES = {"ENVSTORE_GC_MAX_AGE": "0s", "ENVSTORE_GC_GRACE": "0s", "ENVSTORE_GC_KEEP_LAST": "1",
             "ENVSTORE_GC_MAX_SIZE": "none", "ENVSTORE_GC_MIN_FREE": "none"}

    def test_a_day_after_the_last_time_a_run_starts_a_collection_and_no_second_one(self):
        self.use("one"), self.use("two")
        self.use("two", env=self.RULES)  # the first collection is due in a day
        self.assertEqual(self.labels(), ["one", "two"])
        self.last_turn_was(DAY + 60)
        self.use("two", env=self.RULES)  # a warm run, without any other background work
        self.assertEqual(self.labels(), ["two"])
        self.use("three")
        self.use("three", env=self.RULES)
        self.assertEqual(self.labels(), ["three", "two"])

    def test_a_turn_in_the_future_is_no_reason_to_wait_for_it(self):
        self.use("one"), self.use("two")
        self.last_turn_was(-3650 * DAY)
        self.use("two", env=self.RULES)
        self.assertEqual(self.labels(), ["two"])

    def test_what_is_pinned_or_in_use_stays(self):
        self.use("one"), self.use("two")
        self.assertEqual(self.envstore("pin", "one").returncode, 0)
        self.last_turn_was(DAY + 60)
        self.use("two", env=self.RULES)
        self.assertEqual(self.labels(), ["one", "two"])

    def test_a_rule_that_cannot_be_read_is_not_tried_by_every_run(self):
        self.use("one")
        self.last_turn_was(DAY + 60)
        self.use("one", env={"ENVSTORE_GC_MAX_AGE": "soon"})
        self.assertLess(time.time() - os.stat(self.store / "locks" / "gc.daily").st_mtime, TIMEOUT)


@unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
class SmallDisk(SmallTest):
    SIZE = 96 * MEGABYTE

    def setUp(self):
        super().setUp()
        self.disk = tempfile.mkdtemp(prefix="envstore-disk-")
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % self.SIZE, "tmpfs", self.disk],
                                 stderr=subprocess.PIPE, text=True)
        if mounted.returncode != 0:
            os.rmdir(self.disk)
            self.skipTest("no disk can be mounted here: " + mounted.stderr.strip())
        self.addCleanup(os.rmdir, self.disk)
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk])
        self.env["ENVSTORE_ROOT"] = self.disk + "/store"
        self.store = type(self.store)(self.disk) / "store"
        self.env["ENVSTORE_GC_GRACE"] = "0s"

    def large(self, name, megabytes):
        self.wheel(name, files={name + ".py": "X = 1\n", name + ".bin": os.urandom(megabytes * MEGABYTE)})

    def free(self):
        facts = os.statvfs(self.disk)
        return facts.f_bavail * facts.f_frsize

    def bytes(self):
        return json.loads(self.envstore("ls", "--json").stdout)["bytes"]

    def test_the_store_stays_under_a_fifth_of_its_disk(self):
        for i in range(6):
            self.large("large%d" % i, 5)
            self.use("large%d" % i)
        self.assertIn("large5", self.labels())
        self.assertNotIn("large0", self.labels())
        self.assertLess(self.bytes(), self.SIZE / 5 + 6 * MEGABYTE)

    def fill(self, leave):
        with open(self.disk + "/others", "wb") as stream:
            stream.truncate(0)
            os.posix_fallocate(stream.fileno(), 0, self.free() - leave)

    def test_some_of_the_disk_stays_free(self):
        self.large("idle", 5), self.large("busy", 5)
        self.use("idle"), self.use("busy")
        self.fill(leave=2 * MEGABYTE)
        text = self.gc()
        self.assertIn("min-free, unused for", text)
        self.assertEqual(self.labels(), ["busy"])
        self.assertGreater(self.free(), self.SIZE / 20)

    def test_a_disk_that_others_have_filled_does_not_empty_the_store(self):
        self.large("busy", 1)
        self.use("busy")
        self.fill(leave=MEGABYTE)
        text = self.gc()
        self.assertIn("min-free is missed by", text)
        self.assertIn("other data fills the disk", text)
        self.assertEqual(self.labels(), ["busy"])


AHEAD = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, time);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) time->tv_sec += OFFSET;
  return result;
}
"""


@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class Clock(SmallTest):
    YEARS = 10 * 365 * DAY

    def clock(self, offset):
        library = self.work / ("clock%d.so" % offset)
        (self.work / "clock.c").write_text(AHEAD)
        subprocess.run(["cc", "-shared", "-fPIC", "-DOFFSET=%dL" % offset, "-o", library, self.work / "clock.c", "-ldl"],
                       check=True)
        return {"LD_PRELOAD": str(library)}

    def test_what_was_made_while_the_clock_was_ahead_is_not_immortal(self):
        self.use("one", env=self.clock(self.YEARS))
        self.assertGreater(int(json.loads(self.envstore("ls", "--json").stdout)["snapshots"][0]["made_at"][:4]),
                           time.gmtime().tm_year + 5)
        text = self.gc("--max-size", "1")
        self.assertIn("count", text)
        self.assertIn("1 within the grace time", text)
        self.assertEqual(int(json.loads(self.envstore("ls", "--json").stdout)["snapshots"][0]["made_at"][:4]),
                         time.gmtime().tm_year)
        self.assertNotIn("the clock", self.gc("--max-size", "1", "--grace", "0"))
        self.assertEqual(self.labels(), [])

    def test_a_snapshot_used_now_is_removed_at_once_without_a_grace_time(self):
        self.use("one", env=self.clock(self.YEARS))
        self.use("one"), self.use("two")
        self.gc("--max-size", "1", "--grace", "0")
        self.assertEqual(self.labels(), [])
        self.assertEqual(os.listdir(self.store / "trees"), [])

    def test_with_a_clock_that_is_behind_nothing_is_removed_by_age_and_times_stay(self):
        self.use("one")
        before = self.envstore("ls", "--json").stdout
        text = self.gc("--max-age", "1s", "--grace", "0", env=self.clock(-self.YEARS))
        self.assertIn("the clock went backwards", text)
        self.assertEqual(self.labels(), ["one"])
        self.assertEqual(json.loads(before)["snapshots"], json.loads(self.envstore("ls", "--json").stdout)["snapshots"])
        self.gc("--max-age", "90d", "--grace", "0")
        self.assertEqual(self.labels(), ["one"])


class Words(SmallTest):
    def test_what_gc_keeps_it_counts(self):
        self.use("one")
        os.mkfifo(self.work / "up"), os.mkfifo(self.work / "end")
        body = "import os, one\nos.setsid()\nos.closerange(0, 65536)\nopen(%r, 'w').close()\nopen(%r).read()\n"
        script = self.script(body % (str(self.work / "up"), str(self.work / "end")))
        run = subprocess.Popen([ENVSTORE, "run", "-q", "--with", "one", str(script)], env=self.env)
        (self.work / "up").read_text()  # the script has closed all descriptors
        run.kill(), run.wait()
        self.settle()
        try:
            text = self.gc("--max-size", "1", "--grace", "0")
        finally:
            (self.work / "end").write_text("")
        self.assertRegex(text, r"kept \w{12}: process \d+, which outlived its run, uses it")
        self.assertRegex(text, r"kept 1 snapshot, \S+ \S+: 1 in use by processes that outlived their runs")

    def test_a_dry_run_reports_what_would_be_removed(self):
        self.use("one")
        text = self.gc("--dry-run")
        self.assertIn("would remove 0 snapshots and 0 packages", text)
        self.assertIn("would keep 1 snapshot, ", text)


if __name__ == "__main__":
    unittest.main()
