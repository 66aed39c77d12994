#!/usr/bin/env -S envstore run --script
# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "pandas", "matplotlib"]
# ///
"""The distance of a falling ball: computed, tabulated and drawn, and nothing is written."""
import io

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

seconds = np.arange(0, 5)
table = pd.DataFrame({"seconds": seconds, "metres": (9.81 / 2 * seconds**2).round(1)})
print(table.to_string(index=False))

drawing = io.StringIO()
table.plot(x="seconds", y="metres").figure.savefig(drawing)
plt.close("all")
assert "</svg>" in drawing.getvalue()
print(f"numpy {np.__version__}, pandas {pd.__version__}, matplotlib {matplotlib.__version__}")
