# /// script
# dependencies = ["mkl-service"]
# ///
"""mkl looks for its libraries, its own and tbb's, in prefix/lib."""
import mkl

assert mkl.get_max_threads() > 0
assert mkl.get_version()["MajorVersion"] >= 2020
