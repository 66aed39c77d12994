#!/usr/bin/env -S envstore run --script
# /// script
# requires-python = ">=3.9"
# dependencies = ["rich"]
# ///
"""Prints the files of a directory as a table: table.py [DIRECTORY]."""
import pathlib
import sys

from rich.console import Console
from rich.table import Table

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
table = Table("name", "bytes", title=str(folder))
for path in sorted(folder.iterdir()):
    table.add_row(path.name, str(path.stat().st_size) if path.is_file() else "")
Console().print(table)
