"""Small requests: ping, time, reset, completion (docs/protocol.md section 5)."""

import time

from . import hal
from .entry import admins
from .util import Fail


def ping(ag, s, r, j, p):
    return bytes(p[:64])


def bye(ag, s, r, j, p):
    ag.finish(s, r, b"{}")
    for f in tuple(ag.gets):
        if f.s is s:
            f.close()
    if s in ag.sessions.all:
        ag.sessions.all.remove(s)


def time_(ag, s, r, j, _):
    if "t" in j:
        admins(s)
    if "t" in j and not hal.set_time(j["t"]):
        raise Fail("ENOSYS", "this port has no clock to set")
    return {"t": time.time() + hal.epoch(), "up": ag.clock.ms() // 1000}


def reset(ag, s, r, j, _):
    m = j.get("m", "hard")
    slot = j.get("slot")
    if slot or m in ("safe", "normal"):
        admins(s)
    if m not in ("soft", "hard", "safe", "normal"):
        raise Fail("EINVAL", "m")
    ag.guard.before_reset(m, slot)
    ag.leave_as = m
    ag.leave_at = ag.clock.ms() + 300
    if ag.run.state != "idle" and ag.run.can:
        ag.run.interrupt()  # code that never yields would prevent the restart
    return {}


def complete(ag, s, r, j, _):
    """Lists names that complete the dotted text. It only looks up attributes and calls nothing."""
    import __main__

    parts = j["t"].split(".")
    d = __main__.__dict__
    names = list(d)
    if len(parts) == 1:
        import builtins

        names += dir(builtins)
    else:
        o = d[parts[0]] if parts[0] in d else None
        if o is None:
            return {"l": [], "more": 0}
        for a in parts[1:-1]:
            o = getattr(o, a, None)
        names = dir(o)
    base = j["t"][: len(j["t"]) - len(parts[-1])]
    out = []
    size = 40
    for n in sorted(set(names)):
        if n.startswith(parts[-1]) and (n[:1] != "_" or parts[-1][:1] == "_"):
            size += len(base) + len(n) + 4
            if len(out) == 64 or size > ag.mtu:
                return {"l": out, "more": 1}
            out.append(base + n)
    return {"l": out, "more": 0}
