def verb(path, recursive, again):
    is_a = kind(path) if hasattr(os, "stat") else "f"
    if is_a is None and again:
        return
    if is_a != "d":
        os.remove(path)
        return
    todo = [path]
    while recursive and todo:
        at = todo[-1]
        deeper = None
        # A folder is read anew after each deletion: changing it while it is read skips entries on some file systems.
        while True:
            entry = None
            for entry in entries(at):
                break
            if not entry:
                break
            inner = join(at, entry[0].decode())
            if entry[1]:
                deeper = inner
                break
            os.remove(inner)
        if deeper:
            todo.append(deeper)
        else:
            todo.pop()
            if at not in ("", "/"):
                os.rmdir(at)
    if not recursive:
        os.rmdir(path)
