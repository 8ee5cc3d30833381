# Where files go: the root; where nothing is mounted there, the file system of the current folder
# or the first one (not what lies in ROM); none: "". Then where modules are looked for.
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
