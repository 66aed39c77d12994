"""Real source distributions of the default package index, built by their own backends and used."""
import subprocess
import unittest

from support import DefaultIndexTest

PYTHON = "/usr/bin/python3"
#: Name, version, what an import needs, what builds it.
REAL = [
    ("docopt", "0.6.2", "docopt", "setup.py alone"),
    ("termcolor", "1.1.0", "termcolor", "setup.py alone"),
    ("six", "1.16.0", "six", "setup.py and setup.cfg"),
    ("zipp", "3.20.2", "zipp", "setuptools with setuptools_scm"),
    ("pluggy", "1.5.0", "pluggy", "setuptools with setuptools_scm"),
    ("idna", "3.10", "idna", "flit, which asks for the requirements of an extra"),
    ("tomli", "2.0.1", "tomli", "flit"),
    ("flit-core", "3.12.0", "flit_core", "itself: backend-path in the tree"),
    ("iniconfig", "2.0.0", "iniconfig", "hatchling with hatch-vcs"),
    ("attrs", "24.2.0", "attr", "hatchling with two plugins"),
    ("platformdirs", "4.3.6", "platformdirs", "hatchling"),
    ("hatchling", "1.25.0", "hatchling", "itself, with plugins by entry points"),
    ("rich", "13.9.4", "rich", "poetry-core"),
    ("tomlkit", "0.13.2", "tomlkit", "poetry-core"),
    ("poetry-core", "1.9.0", "poetry.core", "itself: backend-path in a folder of the tree"),
    ("findpython", "0.6.2", "findpython", "pdm-backend"),
    ("pdm-backend", "2.4.3", "pdm.backend", "itself"),
]
#: The same, with an extension module: what is imported is that module.
COMPILED = [
    ("markupsafe", "3.0.2", "markupsafe._speedups", "setuptools, C"),
    ("simplejson", "3.19.3", "simplejson._speedups", "setuptools, C"),
    ("msgpack", "1.1.0", "msgpack._cmsgpack", "setuptools, Cython"),
    ("frozenlist", "1.5.0", "frozenlist._frozenlist", "a backend in the tree around setuptools, Cython"),
    ("mapbox-earcut", "1.0.3", "mapbox_earcut", "scikit-build-core with pybind11, C++"),
]


def has_headers():
    code = "import os, sysconfig; print(os.path.exists(sysconfig.get_paths()['include'] + '/Python.h'))"
    return subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "True"


class RealBuilds(DefaultIndexTest):
    def use(self, name, version, module):
        code = f"import importlib.metadata, {module}; print(importlib.metadata.version('{name}'))"
        words = ["--python", PYTHON, "--no-binary-package", name, "--with", f"{name}=={version}", "python", "-c", code]
        self.assertEqual(self.run_ok(*words).stdout.strip(), version)
        self.wait_for_keepers()
        self.assertEqual(list((self.store / "tmp").iterdir()), [])


def add_builds():
    for name, version, module, _ in REAL + COMPILED:
        def test(self, name=name, version=version, module=module):
            self.use(name, version, module)
        if (name, version) in {entry[:2] for entry in COMPILED}:
            test = unittest.skipUnless(has_headers(), "the headers of Python are not installed")(test)
        setattr(RealBuilds, "test_" + name.replace("-", "_"), test)


add_builds()

if __name__ == "__main__":
    unittest.main()
