# The tree below a folder, line by line: nothing but the names of folders still to visit is
# kept. Files of up to `most` bytes are hashed.
def verb(path, most):
    buffer = room() if most >= 0 else None
    todo = [path]
    while todo:
        at = todo.pop()
        say("/", repr(raw(at)))
        for name, folder, size in entries(at):
            if folder:
                say("d", repr(name))
                todo.append(join(at, name))
            else:
                sum = digest64(join(at, name), buffer) if size <= most else "-"
                say("f", size, sum, repr(name))
