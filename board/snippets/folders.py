# kind(path) is "d", "f", or None if it does not exist. make(path) makes a folder and those above
# it.
def kind(path):
    if len(path) < 2:
        return "d"
    try:
        return "d" if os.stat(path)[0] & 0x4000 else "f"
    except OSError as e:
        if name_of(e) in ("ENOENT", 2, 44):
            return None
        raise


def make(path):
    if kind(path) != "d":
        make(path.rpartition(path[:1])[0])
        os.mkdir(path)
