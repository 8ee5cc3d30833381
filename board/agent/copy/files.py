"""File verbs whose answer fits into one frame, and pages of listings and hashes (docs/protocol.md
section 5)."""

import json
import os
import time

from .hal import epoch
from .paths import check_path, join
from .reach import changeable, readable, secrecy
from .store import make_parents, remove, replace, sha_file
from .util import HOME, Fail

_DIR = const(0x4000)


def _stat(p):
    """Returns (type, size, mtime) with seconds since 1970, 0 if the file system keeps no time."""
    st = os.stat(p)
    if st[0] & _DIR:
        return "d", 0, 0
    return "f", st[6], st[8] + epoch() if st[8] > 0 else 0


def stat(ag, s, r, j, _):
    t, n, m = _stat(check_path(j["p"]))
    return {"t": t, "n": n, "m": m}


def walk(path, deep, base=""):
    """Generates the names below `path`, folders before their content, in the file system's own
    order."""
    for e in os.ilistdir(path):
        name = base + e[0]
        yield name
        if deep and e[1] == _DIR:
            yield from walk(join(path, e[0]), deep, name + "/")


def _page(ag, names, j, entry):
    """Generates one page of entries made by `entry(name)`, which is itself a generator."""
    at = j.get("c", 0)
    out = []
    size = n = 0
    for name in names:
        n += 1
        if n <= at:
            continue
        text = json.dumps((yield from entry(name))).encode()
        size += len(text) + 1
        if size + 32 > ag.mtu:
            if not out:
                raise Fail("ETOOBIG", "an entry does not fit a frame")
            return b'{"l":[%s],"c":%d}' % (b",".join(out), n - 1)
        out.append(text)
        yield
    return b'{"l":[%s]}' % b",".join(out)


def list_(ag, s, r, j, _):
    path = check_path(j["p"])
    if not os.stat(path)[0] & _DIR:
        raise Fail("ENOTDIR", "that is a file", path)

    def entry(name):
        t, n, m = _stat(join(path, name))
        return [name, t, n, m]
        yield  # never reached; makes this a generator, as _page expects

    ag.start(s, r, _page(ag, walk(path, j.get("r", 0)), j, entry), "list")


def hash_(ag, s, r, j, _):
    names = j.get("l")
    if names is not None:
        base = None
        for p in names:
            check_path(p)
    else:
        base = check_path(j["p"])
        if os.stat(base)[0] & _DIR:
            names = walk(base, j.get("r", 1))
        else:
            names, base = [base], None

    def entry(name):
        p = join(base, name) if base else name
        try:
            t, n, m = _stat(p)
        except OSError as e:
            if e.args[0] not in (2, 20):
                raise
            return [name, "-", 0, 0, None]
        if t == "d":
            return [name, t, 0, m, None]
        if secrecy(ag, p) > (1 if s.role == 2 else 0):
            return [name, t, n, m, None]
        return [name, t, n, m, (yield from sha_file(p))]

    ag.start(s, r, _page(ag, names, j, entry), "hash")


def mkdir(ag, s, r, j, _):
    p = check_path(j["p"])
    if j.get("par"):
        make_parents(join(p, "x"))
        if not os.stat(p)[0] & _DIR:
            raise Fail("ENOTDIR", "there is a file of that name", p)
    else:
        os.mkdir(p)
    return {}


def rm(ag, s, r, j, _):
    p = check_path(j["p"])
    if p == "/":
        raise Fail("EINVAL", "not the root folder")
    changeable(ag, p)
    if not os.stat(p)[0] & _DIR:
        os.remove(p)
        return {"n": 1}
    if not j.get("r"):
        if list(os.ilistdir(p)):
            raise Fail("ENOTEMPTY", "the folder is not empty", p)
        os.rmdir(p)
        return {"n": 1}
    ag.start(s, r, _rm_tree(p), "rm")


def _rm_tree(p):
    n = 0
    for name in reversed(list(walk(p, 1))):
        q = join(p, name)
        if os.stat(q)[0] & _DIR:
            os.rmdir(q)
        else:
            os.remove(q)
        n += 1
        yield
    os.rmdir(p)
    return {"n": n + 1}


def mv(ag, s, r, j, _):
    a, b = check_path(j["p"]), check_path(j["to"])
    changeable(ag, a)
    changeable(ag, b)
    readable(ag, s, a)
    st = os.stat(a)
    try:
        there = os.stat(b)
    except OSError:
        there = None
    if there and a != b:
        if not j.get("o"):
            raise Fail("EEXIST", "there is something of that name already", b)
        if there[0] & _DIR:
            raise Fail("EISDIR", "there is a folder of that name", b)
    if a == b:
        return {}
    if b.startswith(a + "/"):
        raise Fail("EINVAL", "a folder cannot go into itself", b)
    make_parents(b)
    if not j.get("cp"):
        replace(a, b)
        return {}
    if st[0] & _DIR:
        raise Fail("EISDIR", "only files are copied", a)
    ag.start(s, r, _copy(a, b), "copy")


def _copy(a, b):
    tmp = b + ".%08x~" % (time.ticks_ms() & 0x3FFFFFFF)
    buf = memoryview(bytearray(2048))
    try:
        with open(a, "rb") as f, open(tmp, "wb") as g:
            while True:
                n = f.readinto(buf)
                if not n:
                    break
                g.write(buf[:n])
                yield
        replace(tmp, b)
    finally:
        remove(tmp)
    return {}


def statfs(ag, s, r, j, _):
    p = check_path(j.get("p", "/"))
    v = os.statvfs(HOME or p if p == "/" else p)
    return {"n": v[1] * v[2], "f": v[0] * v[3]}
