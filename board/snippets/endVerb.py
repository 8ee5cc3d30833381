# Discards the store and its unfinished files.
import sys


def verb():
    s = sys.modules.pop("_mpf", None)
    if s:
        s.drop()
