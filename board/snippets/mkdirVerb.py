# `again`: an earlier answer was lost, so the work may have been done already.
def verb(path, parents, again):
    if kind(path) == "d" and (parents or again):
        return
    if parents:
        make(path)
    else:
        os.mkdir(path)
