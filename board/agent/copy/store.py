"""Files on flash: hashing, inflating, replacing, and removing leftovers of interrupted work
(docs/protocol.md 7)."""

import hashlib
import os
from binascii import hexlify

from .paths import join, parent
from .util import Fail


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass  # it may not exist


def replace(tmp, path):
    """Renames tmp to path. If rename does not overwrite (FAT), the old file is removed first."""
    try:
        os.rename(tmp, path)
    except OSError as e:
        if e.args[0] != 17:
            raise
        os.remove(path)
        os.rename(tmp, path)


def sha_file(path, size=2048):
    """Generator that returns the SHA-256 of a file in hex."""
    h = hashlib.sha256()
    b = memoryview(bytearray(size))
    with open(path, "rb") as f:
        while True:
            n = f.readinto(b)
            if not n:
                return hexlify(h.digest()).decode()
            h.update(b[:n])
            yield


def inflate(src, dst, most):
    """Generator that decompresses the file src into dst. Raises Fail if it is damaged or yields
    more than `most` bytes."""
    import deflate

    b = memoryview(bytearray(1024))
    total = 0
    with open(src, "rb") as f, open(dst, "wb") as out:
        try:
            d = deflate.DeflateIO(f, deflate.ZLIB)
            while True:
                n = d.readinto(b)
                if not n:
                    return
                total += n
                if total > most:
                    raise Fail("EVERIFY", "more came out of it than was announced")
                out.write(b[:n])
                yield
        except (OSError, ValueError, EOFError) as e:
            if isinstance(e, OSError) and e.args and e.args[0] == 28:
                raise
            raise Fail("EVERIFY", "the compressed data is damaged: %r" % e)


def make_parents(path):
    """Creates the folders above `path` that are missing."""
    p = parent(path)
    done = ""
    for part in p[1:].split("/"):
        if part:
            done += "/" + part
            try:
                os.mkdir(done)
            except OSError as e:
                if e.args[0] != 17:
                    raise


def sweep(path="/", depth=8):
    """Removes temporary files that a restart left behind, and returns their number."""
    n = 0
    for e in list(os.ilistdir(path)):
        p = join(path, e[0])
        if e[1] == 0x4000 and depth:
            n += sweep(p, depth - 1)
        elif _is_temp(e[0]):
            os.remove(p)
            n += 1
    return n


def _is_temp(name):
    i = name.rfind(".")
    t = name[i + 1 : -1].rstrip("z") if i > 0 and name.endswith("~") else ""
    return len(t) == 8 and all(c in "0123456789abcdef" for c in t)
