# Forgets the store, and what it has not finished.
import sys


def verb():
    s = sys.modules.pop("_mpf", None)
    if s:
        s.drop()
