# Whether two paths are the same file or folder, and whether one is inside the other. On FAT, names
# that differ only in case are the same; only one of them is listed.
def listed(path):
    while len(path) > 1:
        folder, _, name = path.rpartition(path[:1])
        found = False
        for e in entries(folder or "/"):
            found = found or e[0] == raw(name)
        if not found:
            return False
        path = folder
    return True


def one(a, b):
    return a == b or a.lower() == b.lower() and not (listed(a) and listed(b))


def inside(path, folder):
    n = len(folder)
    return path[n : n + 1] == path[:1] and one(path[:n], folder)
