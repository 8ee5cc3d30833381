"""Paths that a host may request (docs/protocol.md section 7)."""


def check_path(p):
    """Returns the path. Raises ValueError if a host may not request it."""
    if not isinstance(p, str) or p[:1] != "/" or len(p.encode()) > 255 or "\0" in p:
        raise ValueError("a path must begin with / and have at most 255 bytes")
    if p != "/":
        for part in p[1:].split("/"):
            if part in ("", ".", ".."):
                raise ValueError("a path may have no empty, . or .. part")
    return p


def join(a, b):
    return a + b if a.endswith("/") else a + "/" + b


def parent(p):
    return p[: p.rindex("/")] or "/"
