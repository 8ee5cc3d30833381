"""Prints the names in `path`, a dotted name in __main__, or of __main__ itself, one per line."""

import __main__

if path:  # noqa: F821  The caller adds it to the code.
    o = __main__
    for n in path.split("."):  # noqa: F821
        o = getattr(o, n, None)
    names = [] if o is None else dir(o)
else:
    import builtins

    names = dir(__main__) + dir(builtins)
for n in names:
    print(n)
