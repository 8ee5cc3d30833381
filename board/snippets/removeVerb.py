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
        # A folder is read anew after each deletion: changing it while it is read skips entries on
        # some file systems.
        while True:
            entry = None
            for e in entries(at):
                # To the end all the same: a listing that is left half read stays open, and on
                # LittleFS that crashes the board when its folder has gone.
                entry = entry or e
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
