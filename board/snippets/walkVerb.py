# Lists the tree below a folder, line by line. Keeps only the names of folders still to visit.
# Files of up to `most` bytes are hashed. `deep`: with the folders' contents. `dated`: number of
# files that get their modification times, each of which takes a search through its folder.
def verb(path, most, deep, dated):
    buffer = room() if most >= 0 else None
    todo = [path]
    while todo:
        at = todo.pop()
        say("/", repr(raw(at)))
        for name, folder, size in entries(at):
            if folder:
                say("d", repr(name))
                if deep:
                    todo.append(join(at, name))
            else:
                sum = digest64(join(at, name), buffer) if size <= most else "-"
                if dated > 0 and hasattr(os, "stat"):
                    dated -= 1
                    s = os.stat(join(at, name))
                    sum += " %d" % (s[8] if len(s) > 8 else 0)
                say("f", size, sum, repr(name))
