"""Shows where the code of this run comes from; it asks for nothing itself."""
import sys

print("python", sys.version.split()[0])
print("prefix", sys.prefix)
for entry in sys.path:
    print("path  ", entry)
