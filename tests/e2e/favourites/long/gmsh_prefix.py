# /// script
# dependencies = ["gmsh"]
# ///
"""gmsh's module is in site-packages below prefix/lib, its library in prefix/lib."""
import os
import sys

import importlib.util

spec = importlib.util.find_spec("gmsh")
library = [n for n in os.listdir(os.path.join(sys.prefix, "lib")) if n.startswith("libgmsh.so")]
assert spec and library, (spec, library)
try:
    import gmsh
except OSError as fault:
    assert "libGL" in str(fault) or "libX" in str(fault) or "libglu" in str(fault).lower(), fault  # no display
else:
    gmsh.initialize()
    gmsh.model.occ.addBox(0, 0, 0, 1, 1, 1)
    gmsh.model.occ.synchronize()
    gmsh.finalize()
