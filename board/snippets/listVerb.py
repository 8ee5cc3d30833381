def verb(path):
    for name, folder, size in entries(path):
        say("d" if folder else "f", size, repr(name))
