"""Runs `meson test` in build folders and counts single test cases over all suites: count_tests.py FOLDER [ARGUMENT...]

doctest's and unittest's own counts are read from what each test printed; a test that tells none counts as one.
The last line is `N passed, N failed`; the exit code is 0 only if nothing failed and something passed.
"""
import json
import pathlib
import re
import subprocess
import sys

DOCTEST = re.compile(r"\[doctest\] test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed")
UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_BAD = re.compile(r"^FAILED \((.*)\)$", re.MULTILINE)
UNITTEST_SKIPPED = re.compile(r"skipped=(\d+)")
SKIPPED_EXIT = 77


def counts(test):
    """Passed and failed cases of one test."""
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
    passed -= sum(map(int, UNITTEST_SKIPPED.findall(text)))
    if is_good:
        return max(passed, 1), failed
    return max(passed, 0), max(failed, 1)


def run(folder, arguments):
    subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", *arguments], check=False)
    log = pathlib.Path(folder) / "meson-logs" / "testlog.json"
    if not log.exists():
        return 0, 1
    passed = failed = 0
    for line in log.read_text().splitlines():
        test = json.loads(line)
        if test["result"] == "SKIP" or test.get("returncode") == SKIPPED_EXIT:
            continue
        good, bad = counts(test)
        passed, failed = passed + good, failed + bad
    log.unlink()
    return passed, failed


passed, failed = run(sys.argv[1], sys.argv[2:])
print(f"{passed} passed, {failed} failed")
sys.exit(0 if passed > 0 and failed == 0 else 1)
