# Replaces list.py on boards without os.ilistdir: CircuitPython, and the micro:bit, which has no
# stat and no folders either.
def join(path, name):
    name = name if isinstance(name, str) else name.decode()
    return path + "/" + name if path[-1:] != "/" else path + name


def raw(name):
    return bytes(name, "utf8") if isinstance(name, str) else name


def entries(path):
    for name in os.listdir(path) if hasattr(os, "stat") else os.listdir():
        if hasattr(os, "stat"):
            s = os.stat(join(path, name))
            yield raw(name), s[0] & 0x4000, s[6]
        else:
            yield raw(name), False, os.size(name)
