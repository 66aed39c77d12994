# /// script
# dependencies = ["pip", "setuptools<81", "idna"]
# ///
"""pip sees the layers and writes to the scratch only; setuptools' .pth is read; packages installed by pip win."""
import importlib.metadata
import json
import os
import subprocess
import sys


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def listed():
    found = json.loads(output("pip", "list", "--format=json", "--disable-pip-version-check"))
    return {row["name"].lower(): row["version"] for row in found}


assert "_distutils_hack" in sys.modules, "distutils-precedence.pth was not read"
import distutils.core
import pkg_resources

assert "setuptools" in distutils.core.__file__, distutils.core.__file__
assert pkg_resources.get_distribution("idna").version == importlib.metadata.version("idna")
before = listed()
assert {"pip", "setuptools", "idna"} <= before.keys(), before
subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore", "idna==3.3", "six==1.16.0"], check=True)
assert listed()["idna"] == "3.3", listed()
found = output(sys.executable, "-c", "import idna, six; print(idna.__file__); print(six.__file__)").split()
assert all(path.startswith(sys.prefix) for path in found), found
subprocess.run([sys.executable, "-m", "pip", "uninstall", "-q", "-y", "--root-user-action=ignore", "six", "idna"], check=True)
assert listed()["idna"] == before["idna"]
assert not os.path.exists(os.path.join(os.path.dirname(found[0])))
