# Run this with the run button.
import sys
from greeting import greet

print(greet("world"), "from", sys.implementation.name)
print("2 ** 100 is", 2**100)
