# Run me on a board: the Run button in the editor's title, or "MicroPython: Run".
import os
import sys

version = ".".join(str(n) for n in sys.implementation.version[:3])
print("Hello from", sys.platform, "with MicroPython", version)
print("Files:", os.listdir("/"))
