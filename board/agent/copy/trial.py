"""A configuration on trial (docs/protocol.md section 10): the old file stays until the board has
reached its broker with the new one. Otherwise the board reverts the change. The record of it is
`cfg` in boot.json: state (open, done, undone), s, n (starts so far), why, tell."""

import asyncio
import json

from .store import remove, replace
from .util import HOME, Fail
from .wire import UP

_NEW = HOME + "/mpyfleet/config.json"
_OLD = HOME + "/mpyfleet/config.old"
_STARTS = const(2)  # starts that a trial gets: the new configuration may be what crashes the board


def begin(ag, seconds):
    """Stores the old configuration. The caller writes the new one and restarts the board."""
    b = ag.guard.boot
    if state(b) == "open":
        raise Fail("EBUSY", "another configuration is on trial")
    if not isinstance(seconds, int) or not 5 <= seconds <= 3600:
        raise Fail("EINVAL", "a trial takes 5 to 3600 seconds")
    with open(_OLD + "~", "w") as f:
        json.dump(ag.cfg, f)
    replace(_OLD + "~", _OLD)
    b["cfg"] = {"state": "open", "s": seconds, "n": 0}
    ag.guard.save()


def state(boot):
    return boot.get("cfg", {}).get("state", "")


def started(main):
    """Called at each start: reports how a trial ended, or continues to watch an open one."""
    t = main.boot["cfg"]
    if t.pop("tell", 0):
        main.ag.guard.event("config", state=t["state"], why=t["why"])
    if t["state"] != "open":
        return
    t["n"] += 1
    main.ag.guard.save()
    if t["n"] > _STARTS:
        return _back(main, "the board has started %d times without reaching its broker" % _STARTS)
    asyncio.create_task(main.vital(lambda: _watch(main)))


async def _watch(main):
    ag = main.ag
    g, c, t = ag.guard, ag.client, main.boot["cfg"]
    until = ag.clock.ms() + t["s"] * 1000
    while not g.policy.trips:
        if ag.clock.ms() > until:
            return _back(main, c.error or "neither Wi-Fi nor broker has answered in time")
        if c.state == UP and not g.asked:
            try:
                g._ask()
            except OSError:
                pass  # the connection failed; the client knows already
        await asyncio.sleep_ms(500)
    remove(_OLD)
    t["state"] = "done"
    g.save()
    g.event("config", state="done")


def _back(main, why):
    """Restores the old configuration and restarts the board."""
    ag = main.ag
    t = main.boot["cfg"]
    try:
        replace(_OLD, _NEW)
        t["state"] = "undone"
    except OSError:  # there is nothing to revert to
        t["state"] = "done"
    t["why"] = why[:100]
    t["tell"] = 1
    ag.guard.clean("config")
    ag.leave_as = "hard"
    ag.leave_at = ag.clock.ms()
