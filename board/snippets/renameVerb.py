def verb(source, target, overwrite, again):
    there = kind(target)
    if again and there and not kind(source):
        return
    if not kind(source):
        raise OSError(2)
    if inside(target, source):
        raise OSError(22)
    if there and not one(source, target):
        if not overwrite:
            raise OSError(17)
        if there == "d" and kind(source) == "f":
            raise OSError(21)
    os.rename(source, target)
