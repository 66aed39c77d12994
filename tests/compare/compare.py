#!/usr/bin/env python3
"""Compares the versions that envstore and `uv pip compile` choose for sets of well-known packages.

    compare.py --envstore PROGRAM [--uv PROGRAM] [--python INTERPRETER] [--only TEXT] [--markdown]

Run by hand: it asks the default index, or the one that the environment names. Each set is resolved by both on the same
interpreter and index; envstore in a store that is thrown away, and only until its lock is known, so that few wheels are
fetched. A difference is looked at again: what uv chooses without source distributions, and what both choose when each is given
the other's version. Exits with 1 if a difference has no reason.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

SETS = [
    "requests", "flask", "django", "fastapi", "pandas", "numpy scipy", "matplotlib", "scikit-learn", "jupyterlab", "notebook",
    "ipython", "pytest", "pytest-cov tox", "black", "ruff mypy", "sqlalchemy alembic", "celery", "httpx[http2]", "aiohttp",
    "boto3", "botocore urllib3", "awscli", "pydantic", "typer", "rich", "click", "jinja2", "pyyaml", "cryptography", "paramiko",
    "ansible-core", "fabric", "scrapy", "beautifulsoup4 lxml", "pillow", "opencv-python-headless", "tensorflow-cpu", "torch",
    "transformers", "datasets", "spacy", "nltk", "gensim", "xgboost", "lightgbm", "dask[complete]", "polars", "pyarrow", "plotly dash",
    "streamlit", "bokeh", "altair", "poetry", "hatch", "twine build", "sphinx", "mkdocs-material", "pre-commit", "apache-airflow",
    "azure-cli", "google-cloud-storage", "kubernetes", "psycopg[binary]", "uvicorn[standard]",
]
NAME = re.compile(r"[-_.]+")


def normal(name):
    return NAME.sub("-", name).lower()


def with_uv(options, requirements, *flags):
    """name -> version, or the reason of the failure as text."""
    done = subprocess.run(
        [options.uv, "pip", "compile", "-", "--python", options.python, "--no-header", "--no-annotate", "--no-progress", "-q", *flags],
        input="\n".join(requirements) + "\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "failed"
    pins = {}
    for line in done.stdout.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;]+)", line)
        if match:
            pins[normal(match.group(1))] = match.group(2)
    return pins


def with_envstore(options, requirements, *flags):
    """The same from the lock that `envstore run -v` prints before it fetches what is in it."""
    store = tempfile.mkdtemp(prefix="envstore-compare-")
    arguments = [options.envstore, "run", "-v", "--no-config", "--isolated", "--python", options.python, *flags]
    for requirement in requirements:
        arguments += ["--with", requirement]
    process = subprocess.Popen([*arguments, "python", "-c", "0"], env={**os.environ, "ENVSTORE_ROOT": store},
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seen = []
    try:
        for line in process.stderr:
            seen.append(line.strip())
            match = re.search(r"lock:? *(\{.*\})", line)
            if match:
                packages = json.loads(match.group(1))["packages"]
                return {normal(each["name"]): each["version"] for each in packages}
        return " ".join(line for line in seen if line and not line.startswith("made the store"))[-300:] or "failed"
    finally:
        process.terminate()
        process.stderr.read()
        process.wait()
        shutil.rmtree(store, ignore_errors=True)


def differences(ours, theirs):
    names = sorted(set(ours) | set(theirs))
    return {name: (ours.get(name), theirs.get(name)) for name in names if ours.get(name) != theirs.get(name)}


def reason_of(options, requirements, ours):
    wheels = with_uv(options, requirements, "--only-binary", ":all:")
    if isinstance(wheels, dict) and not differences(ours, wheels):
        return "uv takes versions that are source distributions only"
    exact = ["%s==%s" % pin for pin in ours.items()]
    if isinstance(with_uv(options, [*requirements, *exact], "--only-binary", ":all:"), dict):
        return "both answers satisfy the requirements: another order of decisions"
    return "?"


def timed(resolve, *arguments):
    """The result, and the seconds that it took."""
    started = time.monotonic()
    return resolve(*arguments), time.monotonic() - started


def compare(options, text):
    """One line of the table: result, differences, reason, seconds of both without anything cached."""
    requirements = text.split()
    theirs, their_seconds = timed(with_uv, options, requirements, "--no-cache")
    ours, our_seconds = timed(with_envstore, options, requirements)
    seconds = "%.1f s, uv %.1f s" % (our_seconds, their_seconds)
    if ours != theirs:  # the index may have changed between the two: once more
        ours, theirs = with_envstore(options, requirements), with_uv(options, requirements, "--no-cache")
    if isinstance(ours, str):
        return "both fail" if isinstance(theirs, str) else "envstore fails", ours, "?", seconds
    if isinstance(theirs, str):
        return "uv fails", theirs, "?", seconds
    different = differences(ours, theirs)
    if not different:
        return "%d packages, the same" % len(ours), "", "", seconds
    told = "; ".join("%s %s, uv %s" % (name, a or "none", b or "none") for name, (a, b) in different.items())
    return "%d packages, %d differ" % (len(ours), len(different)), told, reason_of(options, requirements, ours), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--envstore", required=True)
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--only", default="", help="sets that contain this text")
    parser.add_argument("--markdown", action="store_true", help="print a table for docs/fidelity.md")
    options = parser.parse_args()
    is_unexplained = False
    for text in SETS:
        if options.only not in text:
            continue
        row = (text, *compare(options, text))
        is_unexplained = is_unexplained or row[3] == "?"
        print("| %s |" % " | ".join(row) if options.markdown else "  ".join(each for each in row if each), flush=True)
    return is_unexplained


if __name__ == "__main__":
    sys.exit(main())
