"""Runs every fuzz target of a build folder, one per processor at once: run.py BUILD_FOLDER SECONDS (for each target)

ENVSTORE_FUZZ_SEED (default 1) is the random seed, so that a result can be repeated; 0 takes another seed each time.
Inputs that break a target are kept in BUILD_FOLDER/findings. The last line is `N passed, N failed`.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

LONGEST_INPUT = 16384
MEMORY_MB = 1024
INPUT_TIMEOUT = 10
SEED = int(os.environ.get("ENVSTORE_FUZZ_SEED", "1"))
HERE = pathlib.Path(__file__).resolve().parent


def targets(build):
    return sorted(path for path in build.rglob("fuzz_*") if path.is_file() and os.access(path, os.X_OK))


def is_clean(target, corpus, findings, seconds):
    """Whether no input broke the target. A target without seeds starts from an empty corpus."""
    own = corpus / target.name
    own.mkdir(exist_ok=True)
    run = subprocess.run(  # libFuzzer limits its own time
        [target, own, f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={INPUT_TIMEOUT}",
         f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={findings}/{target.name}-", "-print_final_stats=1", f"-seed={SEED}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    rate = next((line for line in run.stderr.splitlines() if "number_of_executed_units" in line), "")
    print(f"{target.name}: {'clean' if run.returncode == 0 else 'BROKEN'} {rate}", flush=True)
    if run.returncode != 0:
        print(run.stderr[-4000:], flush=True)
    return run.returncode == 0


def main(build, seconds):
    found = targets(build)
    findings = build / "findings"
    findings.mkdir(exist_ok=True)
    workers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as corpus, ThreadPoolExecutor(workers) as pool:
        subprocess.run([sys.executable, HERE / "make_seeds.py", corpus], check=True)
        clean = list(pool.map(lambda target: is_clean(target, pathlib.Path(corpus), findings, seconds), found))
        unknown = {path.name for path in pathlib.Path(corpus).iterdir()} - {path.name for path in found}
    for name in sorted(unknown):
        print(f"{name}: has seeds, but was not built")
    failed = clean.count(False) + len(unknown)
    print(f"{clean.count(True)} passed, {failed} failed")
    return 0 if clean and not failed else 1


sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])))
