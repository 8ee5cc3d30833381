# Runs after list.py if that has met a name at "/" that is not UTF-8: the board returns names there
# as str, whatever it is asked with. Its folder "/." is the same without other mounts.
def entries(path, inner=entries):
    last = None
    try:
        for e in inner(path):
            last = e[0]
            yield e
    except UnicodeError:
        seen = False
        for e in inner("/."):
            seen = seen or e[0] == last
        for e in inner("/."):
            if not seen:
                yield e
            elif e[0] == last:
                seen = False
