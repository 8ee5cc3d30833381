# entries(path) gives (name as bytes, is a folder, size) of what is in a folder, one by one.
def join(path, name):
    return path + "/" + name if path[-1:] != "/" else path + name


# Asked with bytes, ports answer with bytes or with a str that need not be UTF-8.
def raw(name):
    return bytes(name, "utf8") if isinstance(name, str) else name


def entries(path):
    if hasattr(os, "ilistdir"):
        for e in os.ilistdir(path.encode()):
            folder = e[1] == 0x4000
            size = 0
            if not folder:
                size = e[3] if len(e) > 3 else os.stat(join(path, raw(e[0]).decode()))[6]
            yield raw(e[0]), folder, size
        return
    # Without ilistdir (CircuitPython, micro:bit); the micro:bit has no stat and no folders either.
    for name in os.listdir(path) if hasattr(os, "stat") else os.listdir():
        if hasattr(os, "stat"):
            s = os.stat(join(path, name))
            yield raw(name), s[0] & 0x4000, s[6]
        else:
            yield raw(name), False, os.size(name)
