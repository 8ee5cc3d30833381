"""Batches of the log (docs/protocol.md section 9). These are methods of Log that are loaded when
there is something to send (util.Lazy)."""

import io
import json
import sys
import time

from .session import signed
from .util import load


def debug(log, name, text):
    log.log("D", name, text)


def info(log, name, text):
    log.log("I", name, text)


def warning(log, name, text):
    log.log("W", name, text)


def error(log, name, text):
    log.log("E", name, text)


def exc(log, name, e):
    b = io.StringIO()
    sys.print_exception(e, b)
    log.log("E", name, b.getvalue())


def batch(log, since, most, unsent):
    """Returns (bytes, records): the records from number `since` on, up to the first gap or as many
    as fit into `most` bytes; with `unsent`, only those that are still to be sent."""
    rs = []
    n = 160
    for r in log.ring:
        if r[0] < since or (unsent and r[5]):
            if rs:
                break
            continue
        n += len(r[4].encode()) + len(r[3].encode()) + 18
        if rs and (n > most or r[0] != rs[-1][0] + 1):
            break
        rs.append(r)
    head = {"boot": log.boot, "s": rs[0][0] if rs else log.next, "n": len(rs)}
    head.update(t=log.clock.ms(), u=_unix(), drop=log.drop)
    out = json.dumps(head) + "\n"
    for r in rs:
        out += "%s\t%d\t%s\t%s\n" % (r[1], r[2], r[3], r[4])
    return out.encode(), rs


def send(log, client, topic):
    """Sends the unsent records. They are kept until the broker has acknowledged them."""
    data, rs = batch(log, 0, client.size - 88, True)  # leaves room for the tags
    if not rs:
        return
    log.urgent = False
    for r in rs:
        r[5] = 1
    log.busy = True
    client.send(topic, signed(log.keys, "log", data), 1, False, lambda: _sent(log, rs))


def _sent(log, rs):
    log.busy = False
    for r in rs:
        r[5] = 2


def _unix():
    t = time.gmtime()
    if t[0] < 2024:
        return 0
    return time.time() + (946684800 if time.gmtime(0)[0] == 2000 else 0)


def op_logget(ag, s, r, j, _):
    if j.get("rm"):
        load("entry").admins(s)
    if j.get("crash") or j.get("rm"):
        return ag.guard.crash_text(ag.mtu, j.get("rm"))
    if j.get("msg"):
        return load("entry").deployed().batch(j.get("s", 0), ag.mtu)
    data, rs = ag.log.batch(j.get("s", 0), ag.mtu, False)
    return data
