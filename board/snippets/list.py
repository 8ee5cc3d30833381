# entries(path) yields (name as bytes, is a folder, size) for everything in a folder. Paths are
# str, or bytes if a name in them is not UTF-8: every function of the board takes both, and bytes +
# str is bytes. `path[:1]` is the slash in the type of its path.
def join(path, name):
    try:
        name = name.decode()
    except UnicodeError:
        path = raw(path)
    return path + name if path[-1:] == path[:1] else path + path[:1] + name


# Asked with bytes, ports answer with bytes or with a str that need not be UTF-8.
def raw(name):
    return bytes(name, "utf8") if isinstance(name, str) else name


def entries(path):
    for e in os.ilistdir(raw(path)):
        name = raw(e[0])
        folder = e[1] == 0x4000
        size = 0
        if not folder:
            size = e[3] if len(e) > 3 else os.stat(join(path, name))[6]
        yield name, folder, size
