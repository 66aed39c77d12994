#!/usr/bin/env python3
"""Times envstore, uv and bare python in one run, and prints a Markdown table.

Needs hyperfine and uv; python is called by path. Every figure is a median; "over python" is the median minus the
median of bare python on an empty script. Only the cold runs use the network.

    tests/bench/bench.py --envstore build/release/cli/envstore --uv "$(command -v uv)"
"""
import argparse
import contextlib
import json
import os
import pathlib
import select
import shutil
import statistics
import subprocess
import tempfile
import threading

NUMERIC = ["numpy", "pandas", "scipy", "matplotlib"]
JUPYTER = ["jupyterlab"]
#: Small pure wheels: each of them, added to the packages of a benchmark, requires a new environment.
VARIANTS = ["idna", "certifi", "urllib3", "charset-normalizer", "click", "markupsafe", "itsdangerous", "blinker",
            "tomli", "attrs", "iniconfig", "pluggy", "filelock", "platformdirs", "distlib", "sortedcontainers"]


def script_text(dependencies, body="pass\n"):
    return "# /// script\n# dependencies = %s\n# ///\n%s" % (json.dumps(dependencies), body)


class Bench:
    def __init__(self, options):
        self.options = options
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="envstore-bench-"))
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "PYTHON", "ENVSTORE_"))}
        self.env.update(PATH="/usr/bin:" + self.env["PATH"], ENVSTORE_ROOT=str(self.home / "store"),
                        UV_CACHE_DIR=str(self.home / "uv"), UV_PYTHON=options.python, UV_PYTHON_DOWNLOADS="never")
        self.rows = []
        self.python = None

    def path(self, name, text=None):
        path = self.home / name
        if text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(path)

    def envstore(self, *arguments):
        return " ".join([self.options.envstore, "run", *arguments])

    def uv(self, *arguments):
        return " ".join([self.options.uv, "run", "-q", "--no-project", *arguments])

    def medians(self, commands, runs, prepare=None, warmup=3):
        """The median wall time of each command in seconds, measured by one call of hyperfine."""
        report = self.path("report.json")
        call = ["hyperfine", "-N", "--style", "none", "--warmup", str(warmup), "--runs", str(runs), "--export-json", report]
        for each in prepare or []:
            call += ["--prepare", each]
        subprocess.run(call + commands, env=self.env, check=True, cwd=self.home)
        return [result["median"] for result in json.loads(pathlib.Path(report).read_text())["results"]]

    def check(self, command):
        subprocess.run(command.split(), env=self.env, check=True, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def row(self, what, own, peer, budget, unit="ms"):
        """Adds a row: the times of envstore and uv, given in seconds, and their ratio."""
        text = lambda seconds: "%.2f %s" % (seconds * 1000, unit) if unit == "ms" else "%.2f s" % seconds
        self.rows.append((what, text(own), text(peer), "%.2f" % (own / peer), budget))

    def warm(self, numeric):
        empty = self.path("empty.py", "pass\n")
        script = self.path("warm.py", script_text(numeric))
        copy = self.path("elsewhere/copy.py", script_text(numeric))
        for command in (self.envstore(script), self.uv(script), self.envstore("--with", "rich", script),
                        self.uv("--with", "rich", script)):
            self.check(command)
        self.settle()
        before = self.entries()
        commands = [self.options.python + " " + empty, self.envstore(script), self.uv("--offline", script),
                    self.envstore("--with", "rich", script), self.uv("--offline", "--with", "rich", script),
                    self.envstore(copy)]
        python, own, uv, own_with, uv_with, own_copy = self.medians(commands, self.options.runs)
        self.python = python
        self.row("warm script, over python", own - python, uv - python, "+1.2 ms")
        self.row("warm `--with`, over python", own_with - python, uv_with - python, "+1.5 ms")
        uv_copy_before = sum(1 for _ in (self.home / "uv").rglob("*"))
        started = self.medians([self.uv("--offline", copy)], 1, warmup=0)[0]
        uv_paths = sum(1 for _ in (self.home / "uv").rglob("*")) - uv_copy_before
        self.row("another copy of the script, over python", own_copy - python, started - python, "as warm")
        self.rows.append(("paths that the copy adds", str(self.entries() - before), str(uv_paths), "", "0"))

    def settle(self):
        """Waits until the background work (`finish-run`) of earlier runs has ended."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0")
                if b"finish-run" not in words:
                    continue
                pidfd = os.pidfd_open(int(entry))
            except OSError:
                continue  # the process has ended
            select.select([pidfd], [], [])
            os.close(pidfd)

    def entries(self):
        return sum(1 for folder in ("objects", "trees", "snapshots") for _ in (self.home / "store" / folder).rglob("*"))

    def new_environments(self, title, packages, budget):
        name = title.replace(" ", "-")
        folder = self.home / ("variants-" + name)
        for i, extra in enumerate(VARIANTS):
            self.path("%s/%d.py" % (folder.name, i), script_text(packages + [extra]))
        everything = self.path("all-%s.py" % name, script_text(packages + VARIANTS))
        self.check(self.envstore(everything))
        self.check(self.uv(everything))
        self.settle()
        own_times, uv_times = [], []
        for i in range(len(VARIANTS)):  # a new script each: uv would update a known script's environment
            script = "%s/%d.py" % (folder, i)
            own, uv = self.medians([self.envstore("--offline", script), self.uv("--offline", script)], 1, warmup=0)
            own_times.append(own)
            uv_times.append(uv)
            self.settle()
        own, uv = statistics.median(own_times[1:]), statistics.median(uv_times[1:])
        self.row("new environment from cached wheels, %s" % title, own - self.python, uv - self.python, budget)

    def cold(self, name, packages, budget):
        script = self.path("cold-%s.py" % name.split()[-1], script_text(packages))
        saved = self.env
        own_times, uv_times = [], []
        for turn in range(self.options.cold_runs):  # alternately: the speed of the network drifts
            # Each run has its own folders, and none is removed before the end: ext4 skips inodes freed in the last half
            # minute one by one, which costs the next process that creates files many seconds of system time.
            self.env = {**saved, "ENVSTORE_ROOT": str(self.home / ("cold-%s-store-%d" % (name.split()[-1], turn))),
                        "UV_CACHE_DIR": str(self.home / ("cold-%s-uv-%d" % (name.split()[-1], turn)))}
            for command, times in ((self.envstore("-q", script), own_times), (self.uv(script), uv_times)):
                os.sync()  # no writeback of one run while the other is timed
                times += self.medians([command], 1, warmup=0)
                self.settle()
        self.env = saved
        self.row("cold run, %s" % name, statistics.median(own_times), statistics.median(uv_times), budget, unit="s")

    def resident(self):
        """Resident memory, in MiB, of the supervisor of each tool while its program waits."""
        waiting = self.path("waiting.py", "import os; print('up', flush=True); os.read(os.open(%r, os.O_RDONLY), 1)\n" % self.fifo())
        for tool, command in (("own", self.envstore(waiting)), ("uv", self.uv(waiting))):
            first = subprocess.Popen(command.split(), env=self.env, stdout=subprocess.DEVNULL)
            with open(self.fifo(), "w") as go:
                go.write("x")
            first.wait()
            self.settle()
            run = subprocess.Popen(command.split(), env=self.env, stdout=subprocess.PIPE, text=True)
            run.stdout.readline()
            status = pathlib.Path("/proc/%d/status" % run.pid).read_text()
            kib = int(status.split("VmRSS:")[1].split()[0])
            with open(self.fifo(), "w") as go:
                go.write("x")
            run.wait()
            yield kib / 1024

    def fifo(self):
        path = self.path("fifo")
        if not os.path.exists(path):
            os.mkfifo(path)
        return path

    def busy(self):
        """Warm runs with a busy program on each core, without and with continuous collections at nice 5."""
        script = self.path("warm.py")
        busy = [subprocess.Popen([self.options.python, "-c", "while True: pass"]) for _ in range(os.cpu_count())]
        try:
            alone = self.times(self.envstore(script))
            with self.collections():
                beside = self.times(self.envstore(script))
        finally:
            for program in busy:
                program.kill()
                program.wait()
        for what, times in (("alone", alone), ("beside collections", beside)):
            print("warm run on a busy machine, %s: median %.1f ms, longest of %d %.1f ms"
                  % (what, statistics.median(times) * 1000, len(times), max(times) * 1000))

    @contextlib.contextmanager
    def collections(self):
        ended = threading.Event()

        def collect():
            while not ended.is_set():
                subprocess.run(["nice", "-n", "5", self.options.envstore, "gc", "--max-age", "300d"], env=self.env, check=True,
                               stdout=subprocess.DEVNULL)

        collector = threading.Thread(target=collect)
        collector.start()
        try:
            yield
        finally:
            ended.set()
            collector.join()

    def times(self, command):
        report = self.path("report.json")
        subprocess.run(["hyperfine", "-N", "--style", "none", "--warmup", "3", "--runs", str(self.options.runs), "--export-json",
                        report, command], env=self.env, check=True, cwd=self.home)
        return json.loads(pathlib.Path(report).read_text())["results"][0]["times"]

    def run(self):
        try:
            self.warm(NUMERIC)
            own, uv = self.resident()
            self.rows.append(("resident memory of the supervisor", "%.1f MiB" % own, "%.1f MiB" % uv, "%.2f" % (own / uv), "4 MB"))
            self.new_environments("13 wheels", NUMERIC, "0.20")
            self.new_environments("jupyterlab", JUPYTER, "0.20")
            if not self.options.no_cold:
                self.cold("13 wheels", NUMERIC, "0.65")
                self.cold("jupyterlab", JUPYTER, "0.50")
            self.busy()
            print("bare python, empty script: %.2f ms\n" % (self.python * 1000))
            print("| what | envstore | uv | ratio | budget |\n|---|---|---|---|---|")
            for row in self.rows:
                print("| %s |" % " | ".join(row), flush=True)
        finally:
            shutil.rmtree(self.home, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envstore", required=True, type=os.path.abspath)
    parser.add_argument("--uv", default=shutil.which("uv"))
    parser.add_argument("--python", default="/usr/bin/python3.11")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--cold-runs", type=int, default=5)
    parser.add_argument("--no-cold", action="store_true")
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()
