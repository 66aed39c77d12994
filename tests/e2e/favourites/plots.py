# /// script
# dependencies = ["numpy", "pandas", "scipy", "matplotlib"]
# ///
"""Many compiled modules, libraries beside them, data files."""
import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import optimize

frame = pd.DataFrame({"x": np.arange(5), "y": np.arange(5) ** 2})
assert int(frame.y.sum()) == 30
assert round(optimize.brentq(lambda v: v * v - 2, 0, 2), 6) == 1.414214
figure, axes = plt.subplots()
axes.plot(frame.x, frame.y)
picture = io.BytesIO()
figure.savefig(picture, format="png")
assert picture.getvalue().startswith(b"\x89PNG")
