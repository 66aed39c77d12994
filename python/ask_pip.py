"""Prints the address of the index that pip uses when nothing else is configured."""
try:
    from pip._internal.models.index import PyPI
except ImportError:
    raise SystemExit("pip is not installed for this python3: set the option default_index, or install python3-pip")
print(PyPI.simple_url)
