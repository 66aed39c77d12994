"""Runs `meson test` in a build folder and counts the test cases of all suites: count_tests.py FOLDER [ARGUMENT...]

The counts are read from the output of doctest and unittest; a test that prints no count counts as one. Each skipped
test is printed with its reason. The last line is `N passed, N failed`, followed by `, N skipped` if tests were skipped;
the exit code is 0 only if nothing failed and something passed.
"""
import json
import collections
import pathlib
import re
import subprocess
import sys

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed")
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_BAD = re.compile(r"^FAILED \((.*)\)$", re.MULTILINE)
UNITTEST_SKIPPED = re.compile(r"skipped=(\d+)")
#: The skip messages of unittest and of tests/skip.h.
SKIP_REASON = re.compile(r"""(?: \.\.\. skipped ['"](.*)['"]|^skipped: (.*))$""", re.MULTILINE)
SKIPPED_EXIT = 77


def counts(test):
    """The numbers of passed and failed cases of one test, and the reasons of the skipped ones."""
    text = test.get("stdout", "") + "\n" + test.get("stderr", "")
    is_good = test["result"] in ("OK", "EXPECTEDFAIL")
    passed = failed = 0
    for _, good, bad in DOCTEST.findall(text):
        passed, failed = passed + int(good), failed + int(bad)
    for ran in UNITTEST.findall(text):
        passed += int(ran)
    for details in UNITTEST_BAD.findall(text):
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors|unexpected successes)=(\d+)", details))
        passed, failed = passed - bad, failed + bad
    skips = [a or b for a, b in SKIP_REASON.findall(text)]
    unittests_skipped = sum(map(int, UNITTEST_SKIPPED.findall(text)))
    skips += ["no reason told"] * (unittests_skipped - len(skips))
    passed -= len(skips)
    if is_good:
        return max(passed, 0 if skips else 1), failed, skips
    return max(passed, 0), max(failed, 1), skips


def run(folder, arguments):
    subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", *arguments], check=False)
    log = pathlib.Path(folder) / "meson-logs" / "testlog.json"
    passed = failed = 0
    skips = collections.Counter()
    if not log.exists():
        return 0, 1, skips
    for line in log.read_text().splitlines():
        test = json.loads(line)
        name = test["name"].split(" / ")[-1]
        if test["result"] == "SKIP" or test.get("returncode") == SKIPPED_EXIT:
            skips[name, (test.get("stdout") or "").strip() or "no reason told"] += 1
            continue
        good, bad, reasons = counts(test)
        passed, failed = passed + good, failed + bad
        skips.update((name, reason) for reason in reasons)
    log.unlink()
    return passed, failed, skips


passed, failed, skips = run(sys.argv[1], sys.argv[2:])
for (name, reason), times in sorted(skips.items()):
    print(f"skipped {times} of {name}: {reason}")
print(f"{passed} passed, {failed} failed" + (f", {skips.total()} skipped" if skips else ""))
sys.exit(0 if passed > 0 and failed == 0 else 1)
