"""Frames of MPY/2, their HMAC and their errors (docs/protocol.md sections 3 to 5)."""

import hashlib
import struct

from .util import Fail

HEAD = 16
TAG = 12
VERSION = 2
F_ZLIB = 0x04
F_MAC = 0x08
F_ACKREQ = 0x10

# Names of the errors, ordered by number; ENOSYS is 20. One text, because separate names would stay
# in memory forever.
NAMES = (
    " ENOENT EEXIST ENOSPC EBUSY ESTALE EAUTH EROLE EVERIFY ETOOBIG "
    "ETIMEOUT ECANCEL ENOMEM EPROTO EINVAL EISDIR ENOTDIR ENOTEMPTY EROFS EIO ENOSYS EFAIL"
).split(" ")
# POSIX numbers of MicroPython's file systems and of the host errors behind sockets, each with the
# index of its name in NAMES.
ERRNO = {
    1: 14,
    2: 1,
    5: 19,
    12: 12,
    13: 4,
    17: 2,
    19: 1,
    20: 16,
    21: 15,
    22: 14,
    27: 9,
    28: 3,
    30: 18,
    39: 17,
}


def explain(e):
    """Returns (code, dict for ERR) for any exception that a handler raised."""
    if isinstance(e, Fail):
        d = {"c": e.code, "m": e.text}
        if e.path:
            d["p"] = e.path
        d.update(e.more)
        return e.code, d
    if isinstance(e, OSError):
        n = e.args[0] if e.args and isinstance(e.args[0], int) else 0
        code = NAMES[ERRNO.get(n, 21)]
        return code, {"c": code, "e": n, "m": repr(e)}
    if isinstance(e, (KeyError, ValueError, TypeError)):
        return "EINVAL", {"c": "EINVAL", "m": repr(e)[:200]}
    return "EFAIL", {"c": "EFAIL", "m": repr(e)[:200]}


def pads(key):
    """Precomputes the HMAC-SHA256 pads of a key."""
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    key = key + bytes(64 - len(key))
    return bytes(b ^ 0x36 for b in key), bytes(b ^ 0x5C for b in key)


def mac(p, *parts):
    """Returns the HMAC-SHA256 of the parts, one after the other, with the pads of a key."""
    h = hashlib.sha256(p[0])
    for x in parts:
        h.update(x)
    o = hashlib.sha256(p[1])
    o.update(h.digest())
    return o.digest()


def same(a, b):
    """Compares in a time that does not depend on where the first difference is."""
    if len(a) != len(b):
        return False
    d = 0
    for i in range(len(a)):
        d |= a[i] ^ b[i]
    return d == 0


def pack(buf, at, op, flags, aux, reqid, counter, offset):
    """Writes a header into `buf` at `at`."""
    struct.pack_into(">BBHIII", buf, at, VERSION << 5 | flags, op, aux, reqid, counter, offset)


def unpack(mv):
    """Returns (version, flags, op, aux, reqid, counter, offset). The caller has checked the
    length."""
    b, op, aux, reqid, counter, offset = struct.unpack_from(">BBHIII", mv, 0)
    return b >> 5, b & 31, op, aux, reqid, counter, offset
