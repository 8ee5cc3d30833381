"""Functions that the board's app needs in order to sleep (board/app/fleet/nap.py). Loaded only
then."""

import json

from .session import signed
from .wire import UP

# milliseconds of silence after which a computer has finished
_QUIET_MS = const(1500)


def holds(ag, since):
    """Returns the reason that keeps the board awake, "" if there is none. since: the agent's time
    at which the connection was first seen."""
    up = ag.client.state == UP
    if ag.leave_as or ag.run.job or ag.run.state != "idle":
        return "code"
    if up and (ag.jobs or ag.flows or ag.ota):  # without a broker, nothing of that can end
        return "code"
    boot = ag.guard.boot
    if boot.get("trial") or ag.guard.new_firmware or boot.get("cfg", {}).get("state") == "open":
        return "trial"  # a new version is confirmed first
    if not up:
        return ""
    if ag.guard.events or any(r[5] != 2 and r[1] in "EC" for r in ag.log.ring):
        return "log"
    # A copied HELLO only counts within this start, and `most` of the app's sleep limits it.
    ss = ag.sessions
    last = max([s.used for s in ss.all + ss.new] + [since])
    return "computer" if ag.clock.ms() - last < _QUIET_MS else ""


def farewell(ag, s, unix):
    """Generator that announces a sleep of `s` seconds. It ends when the broker has the message or
    the link is lost. unix: seconds since 1970, 0 without a clock."""
    ag.guard.clean("sleep")
    c = ag.client
    done = []
    if c.state == UP:
        d = {"on": 0, "boot": ag.sessions.boot_hex, "why": "sleep", "for": s, "u": unix}
        text = signed(ag.sessions, "st", json.dumps(d))
        try:
            c.send((ag.base + "st").encode(), text, 1, True, lambda: done.append(1))
            while not done and c.state == UP:
                yield
            c._packet(0xE0, 5)
        except (OSError, AttributeError):
            pass  # the link is lost, so the broker sends the will


def let_go(ag):
    """Closes the connection for good. The board then sleeps, and starts again afterwards."""
    ag.client.stopped = True
    ag.client.detach()
    if ag.guard.wdt:
        ag.guard.wdt.feed()


def renew():
    """Sends the birth message again, because the part about the app has changed."""
    from .main import current

    current.said = None
