# /// script
# dependencies = ["mkdocs"]
# ///
"""A program that copies its theme out of its package can replace and remove the copies."""
import os
import pathlib
import shutil
import subprocess

shutil.rmtree("manual", ignore_errors=True)
os.makedirs("manual/docs")
pathlib.Path("manual/mkdocs.yml").write_text("site_name: demo\n")
for text in ("# One\n", "# Two\n"):  # the second build overwrites the output of the first
    pathlib.Path("manual/docs/index.md").write_text(text)
    subprocess.run(["mkdocs", "build", "--quiet"], cwd="manual", check=True)
assert not list(pathlib.Path("manual/site").rglob("__pycache__"))
subprocess.run(["mkdocs", "build", "--quiet", "--clean"], cwd="manual", check=True)
shutil.rmtree("manual")
