# The tree below a folder, line by line: nothing but the names of folders still to visit is kept.
def verb(path, hashed):
    buffer = room() if hashed else None
    todo = [path]
    while todo:
        at = todo.pop()
        say("/", repr(at.encode()))
        for name, folder, size in entries(at):
            if folder:
                say("d", repr(name))
                try:
                    todo.append(join(at, name.decode()))
                except UnicodeError:
                    pass  # such a name cannot be asked for
            elif hashed:
                try:
                    sum = digest64(join(at, name.decode()), buffer)
                except UnicodeError:
                    sum = "-"
                say("f", size, sum, repr(name))
            else:
                say("f", size, "-", repr(name))
