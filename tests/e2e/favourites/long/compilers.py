# /// script
# dependencies = ["numba", "pyarrow", "pandas"]
# ///
"""Code compiled at run time, cached beside the user's file; large libraries that link to each other."""
import numba
import pandas
import pyarrow
import pyarrow.parquet


@numba.njit(cache=True)
def total(n):
    s = 0
    for i in range(n):
        s += i
    return s


assert total(10) == 45
table = pyarrow.table({"x": [1, 2, 3]})
pyarrow.parquet.write_table(table, "t.parquet")
assert pandas.read_parquet("t.parquet").x.sum() == 6
