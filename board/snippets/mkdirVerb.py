# `again`: an answer was lost on the way, so what is to be done may have been done.
def verb(path, parents, again):
    if kind(path) == "d" and (parents or again):
        return
    if parents:
        make(path)
    else:
        os.mkdir(path)
