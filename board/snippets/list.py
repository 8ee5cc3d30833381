# entries(path) gives (name as bytes, is a folder, size) of what is in a folder, one by one.
def join(path, name):
    return path + "/" + name if path[-1:] != "/" else path + name


# Asked with bytes, ports answer with bytes or with a str that need not be UTF-8.
def raw(name):
    return bytes(name, "utf8") if isinstance(name, str) else name


def entries(path):
    for e in os.ilistdir(path.encode()):
        name = raw(e[0])
        folder = e[1] == 0x4000
        size = 0
        if not folder:
            size = e[3] if len(e) > 3 else os.stat(join(path, name.decode()))[6]
        yield name, folder, size
