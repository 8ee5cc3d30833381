# The temporary name is none of a finished upload: what a crash leaves is swept.
def copy(source, target, buffer):
    temp = target + ".mpf00000000~"
    try:
        with open(source, "rb") as a:
            with open(temp, "wb") as b:
                while True:
                    n = a.readinto(buffer)
                    if not n:
                        break
                    b.write(buffer[:n])
        if digest(source, buffer) != digest(temp, buffer):
            raise OSError(5)
        os.rename(temp, target)
    except BaseException:
        try:
            os.remove(temp)
        except OSError:
            pass
        raise


def verb(source, target, overwrite):
    there = kind(target)
    if there and not overwrite:
        raise OSError(17)
    buffer = room()
    if kind(source) != "d":
        if there == "d":
            raise OSError(21)
        make(target.rpartition("/")[0])
        copy(source, target, buffer)
        return
    if (target + "/").startswith(source + "/"):
        raise OSError(22)
    todo = [""]
    while todo:
        at = todo.pop()
        make(target + at)
        for name, folder, _ in list(entries(source + at)):
            inner = at + "/" + name.decode()
            if folder:
                todo.append(inner)
            else:
                copy(source + inner, target + inner, buffer)
