# What this board can do, in one answer: names of what it has, then figures.
import sys


def has(module, *names):
    try:
        module = __import__(module)
    except ImportError:
        return
    if not names:
        return 1
    for name in names:
        if not hasattr(module, name):
            return
    return 1


def probe():
    found = []
    if has("deflate", "DeflateIO"):
        found.append("deflate")
    if has("hashlib", "sha256"):
        found.append("sha256")
    if has("binascii", "crc32", "a2b_base64"):
        found.append("binascii")
    if has("select", "poll") and hasattr(getattr(sys, "stdin", 0), "buffer"):
        found.append("stdin")
    if has("io", "BytesIO"):
        found.append("bytesio")
    for name in ("ilistdir", "stat", "statvfs", "rename"):
        if has("os", name):
            found.append(name)
    free = 0
    epoch = 0
    try:
        import gc

        gc.collect()
        free = gc.mem_free()
    except (ImportError, AttributeError):
        pass
    try:
        import time

        epoch = time.gmtime(0)[0]
    except (ImportError, AttributeError):
        pass
    say("can", ",".join(found), free, epoch)


run(probe)
