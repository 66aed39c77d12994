# /// script
# dependencies = ["Django"]
# ///
"""Templates copied out of a package are writable and have no __pycache__."""
import os
import pathlib
import shutil
import subprocess
import sys

for name in ("site1", "app1"):
    shutil.rmtree(name, ignore_errors=True)
for _ in range(2):
    subprocess.run(["django-admin", "startproject", "site1"], check=True)
    subprocess.run([sys.executable, "-m", "django", "startapp", "app1"], check=True)
    made = [path for folder in ("site1", "app1") for path in pathlib.Path(folder).rglob("*")]
    assert not [path for path in made if path.name == "__pycache__" or path.is_symlink()], made
    assert all(os.access(path, os.W_OK) for path in made), made
    answer = subprocess.run([sys.executable, "manage.py", "check"], cwd="site1", stdout=subprocess.PIPE, text=True, check=True)
    assert "no issues" in answer.stdout
    for name in ("site1", "app1"):
        shutil.rmtree(name)
