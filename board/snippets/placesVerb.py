# Prints where files go: the root; if nothing is mounted there, the file system of the current
# folder or the first one (except those in ROM); if there is none, "". Then where modules are
# looked up.
def real(path):
    try:
        return os.statvfs(path)[2] > 0
    except OSError:
        return False


def verb():
    import sys

    home = "/"
    if hasattr(os, "statvfs") and not real("/"):
        home = ""
        for name in [os.getcwd().split("/")[1]] + os.listdir("/"):
            if not home and name and name[:3] != "rom" and real("/" + name):
                home = "/" + name
    say(repr(home))
    for path in getattr(sys, "path", ()):
        say(repr(path))
