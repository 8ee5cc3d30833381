# The temporary name differs from that of an upload. A sweep removes what a crash leaves.
def copy(source, target, buffer):
    temp = target + ".mpf00000000~"
    try:
        with open(source, "rb") as a:
            with open(temp, "wb") as b:
                done = 0
                while True:
                    n = a.readinto(buffer)
                    if not n:
                        break
                    b.write(buffer[:n])
                    done += 1
                    if not done & 15:
                        tick()
        if digest(source, buffer) != digest(temp, buffer):
            raise OSError(5)
        os.rename(temp, target)
        tick()
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
        make(target.rpartition(target[:1])[0])
        copy(source, target, buffer)
        return
    if inside(target, source) or one(target, source):
        raise OSError(22)
    todo = [(source, target)]
    while todo:
        at, to = todo.pop()
        make(to)
        for name, folder, _ in entries(at):
            a, b = join(at, name), join(to, name)
            if folder:
                todo.append((a, b))
            else:
                copy(a, b, buffer)
