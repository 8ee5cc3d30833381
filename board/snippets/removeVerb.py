def verb(path, recursive, again):
    import gc

    is_a = kind(path) if hasattr(os, "stat") else "f"
    if is_a is None and again:
        return
    if is_a != "d":
        os.remove(path)
        return
    # Names gathered in one pass. A folder cannot be changed while it is read, which skips entries
    # on some file systems, and reading it once for each file takes minutes.
    most = max(16, min(500, gc.mem_free() // 400))
    todo = [path]
    while recursive and todo:
        at = todo[-1]
        files = []
        folders = []
        seen = 0
        for name, folder, _ in entries(at):
            # The listing is read to its end: a half-read listing stays open, and on LittleFS that
            # crashes the board when its folder is deleted.
            seen += 1
            if not seen & 127:
                tick()
            if folder:
                if len(folders) < most // 8:
                    folders.append(name)
            elif len(files) < most:
                try:
                    files.append(name)
                except MemoryError:  # no block for a longer list: next pass
                    most = len(files)
        for name in files:
            os.remove(join(at, name))
            tick()
        for name in folders:
            todo.append(join(at, name))
        if len(files) + len(folders) == seen and not folders:
            todo.pop()
            if len(at) > 1:
                os.rmdir(at)
    if not recursive:
        os.rmdir(path)
