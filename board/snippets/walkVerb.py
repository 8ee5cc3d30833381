# The tree below a folder, line by line: nothing but the names of folders still to visit is
# kept. Files of up to `most` bytes are hashed.
def verb(path, most):
    buffer = room() if most >= 0 else None
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
            elif size <= most:
                try:
                    sum = digest64(join(at, name.decode()), buffer)
                except UnicodeError:
                    sum = "-"
                say("f", size, sum, repr(name))
            else:
                say("f", size, "-", repr(name))
