# /// script
# dependencies = ["tbb"]
# ///
"""Libraries that a wheel installs in prefix/lib load from there and find each other."""
import ctypes
import importlib.metadata
import os
import sys

files = importlib.metadata.files("tbb")
assert files
assert all(os.path.isfile(f.locate()) for f in files if f.name != "RECORD"), [str(f) for f in files]
library = ctypes.CDLL(os.path.join(sys.prefix, "lib", "libtbb.so.12"))
assert library.TBB_runtime_interface_version() >= 12000
# tbbmalloc_proxy needs libtbbmalloc, which is in the same directory.
ctypes.CDLL(os.path.join(sys.prefix, "lib", "libtbbmalloc_proxy.so.2"))
