"""Batches of the log (docs/protocol.md section 9). These are methods of Log that are loaded when
there is something to send (util.Lazy)."""

import io
import json
import sys
import time


def exc(log, name, e):
    b = io.StringIO()
    sys.print_exception(e, b)
    log.log("E", name, b.getvalue())


def batch(log, since, most, unsent):
    """(bytes, records) of the first run without a gap from seq `since` on that fits."""
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
    """Sends what is unsent; it is kept until the broker has it."""
    data, rs = batch(log, 0, client.size, True)
    if not rs:
        return
    log.urgent = False
    for r in rs:
        r[5] = 1
    log.busy = True
    client.send(topic, data, 1, False, lambda: _sent(log, rs))


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
    if j.get("crash") or j.get("rm"):
        return ag.guard.crash_text(ag.mtu, j.get("rm"))
    data, rs = ag.log.batch(j.get("s", 0), ag.mtu, False)
    return data
