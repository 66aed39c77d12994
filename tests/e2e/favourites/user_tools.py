# /// script
# dependencies = ["black", "ruff", "pytest"]
# ///
"""Tools started by entry point, by -m and from .data/scripts; one of them collects the user's files."""
import pathlib
import subprocess
import sys


def run(*command, code=0, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    assert done.returncode == code, (command, done.returncode, done.stdout)
    return done.stdout


work = pathlib.Path("project")
work.mkdir(exist_ok=True)
(work / "shapes.py").write_text("def area(side):\n  return side*side\n")
(work / "test_shapes.py").write_text("from shapes import area\n\n\ndef test_area():\n    assert area(2) == 4\n")
run("black", "--check", "shapes.py", cwd=work, code=1)
run("black", "shapes.py", cwd=work)
run(sys.executable, "-m", "black", "--check", "shapes.py", cwd=work)
assert "side * side" in (work / "shapes.py").read_text()
run("ruff", "check", ".", cwd=work)
run(sys.executable, "-m", "ruff", "check", ".", cwd=work)
assert "1 passed" in run("pytest", "-q", cwd=work)
assert "1 passed" in run(sys.executable, "-m", "pytest", "-q", cwd=work)
