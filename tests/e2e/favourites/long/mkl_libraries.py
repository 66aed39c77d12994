# /// script
# dependencies = ["mkl-service"]
# ///
"""mkl looks for its own libraries and those of tbb in prefix/lib."""
import mkl

assert mkl.get_max_threads() > 0
assert mkl.get_version()["MajorVersion"] >= 2020
