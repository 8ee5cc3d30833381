"""Staying alive: watchdog, confirmation of a start, crashes, safe mode (README.md, "Staying
alive")."""

import io
import json
import os
import struct
import sys

from . import frame, hal

CRASH = "/mpyfleet/crash.txt"
_CRASH_MOST = 4096
# one reboot after each of these, if the policy wants reboots at all
_OUTAGE_S = (300, 900, 1800, 3600)
_TRIPS = 3


class Policy:
    """Decides from times alone, so that an hour can be simulated. wd: {"limit", "allok",
    "outage"} (s)."""

    def __init__(self, wd, now, stage=0):
        self.limit = wd.get("limit", 300) * 1000
        self.allok = wd.get("allok", 60) * 1000
        self.reboots = wd.get("outage", "tolerate") == "reboot"
        self.stage = stage
        self.begun = self.trip = self.asked = now
        self.lost = now  # when the connection went, None while it is up
        self.trips = 0
        self.ok = False

    def connection(self, up, now):
        self.lost = None if up else (now if self.lost is None else self.lost)
        self.trip = now

    def tripped(self, now):
        self.trip = now
        self.trips += 1
        self.stage = 0

    def decide(self, now, busy):
        """"feed", "ask" (feed, and send a round trip), "confirm" (feed; all is well), "stuck" or
        "outage"
        (reboot; the second never counts as a crash)."""
        if self.lost is not None:
            wait = _OUTAGE_S[min(self.stage, len(_OUTAGE_S) - 1)] * 1000
            return "outage" if self.reboots and now - self.lost >= wait and not busy else "feed"
        if busy:
            self.trip = now
        if self.trips and now - self.trip >= self.limit:
            return "stuck"
        if not self.ok and self.trips >= _TRIPS and now - self.begun >= self.allok:
            self.ok = True
            return "confirm"
        every = min(self.limit, 120000) // 4
        if not self.ok:
            every = min(every, max(1000, self.allok // 4))
        if now - self.asked >= every:
            self.asked = now
            return "ask"
        return "feed"


class Guard:
    def __init__(self, ag, boot):
        self.ag = ag
        self.boot = boot
        self.safe = boot.get("safe", 0)
        wd = ag.cfg.get("wd", {})
        self.policy = Policy(wd, ag.clock.ms(), boot.get("outage", 0))
        self.wdt = hal.wdt(max(10, wd.get("hw", 0)) * 1000) if wd.get("hw") else None
        self.key = frame.pads(os.urandom(16))
        self.n = 0
        self.events = []
        self.new_firmware = False
        self.rtt = self.sent = 0
        self.topic = (ag.base + "wd").encode()
        self.evt = (ag.base + "ev").encode()
        ag.topics["wd"] = self.back
        if boot.get("event"):
            self.event("agent", state=boot["event"])
        if boot.get("crashed"):
            self.event("crash", **boot.pop("crashed"))

    def birth(self):
        d = {"safe": self.safe, "trial": 1 if self.boot.get("trial") or self.new_firmware else 0}
        if self.safe:
            d["why"] = self.boot.get("why", "")[:64]
        return d

    def event(self, ev, **d):
        d["ev"], d["boot"] = ev, self.ag.sessions.boot_hex
        if len(self.events) < 8:
            self.events.append(json.dumps(d))

    def up(self):
        self.policy.connection(True, self.ag.clock.ms())

    def tick(self):
        ag = self.ag
        now = ag.clock.ms()
        if ag.client.state != 2 and self.policy.lost is None:
            self.policy.connection(False, now)
        what = self.policy.decide(now, ag.state() != "idle" or len(ag.jobs) > 0)
        if what == "stuck":
            self.crash("watchdog", "connected, but no round trip through the broker for too long")
            hal.reset()
        elif what == "outage":
            self.boot["outage"] = self.policy.stage + 1
            self.clean("outage")
            hal.reset()
        elif what == "confirm":
            self.confirm()
        if self.wdt:
            self.wdt.feed()
        if ag.client.state == 2:
            if what == "ask":
                self._ask()
            while self.events:
                ag.client.send(self.evt, self.events[0][: ag.mtu], 1)
                del self.events[0]

    def _ask(self):
        self.n += 1
        self.sent = self.ag.clock.ms()
        b = struct.pack(">I", self.n)
        self.ag.client.send(self.topic, b + frame.mac(self.key, b)[:8], 1)

    def back(self, mv):
        """Our own message has come back through the broker."""
        b = bytes(mv)
        if len(b) == 12 and frame.same(frame.mac(self.key, b[:4])[:8], b[4:]):
            if struct.unpack(">I", b[:4])[0] == self.n:
                now = self.ag.clock.ms()
                self.rtt = now - self.sent
                self.policy.tripped(now)

    def _save(self):
        d = dict(self.boot)
        for k in ("run", "event"):
            d.pop(k, None)
        pkg = sys.modules[__name__.split(".")[0]]
        pkg.save(d)

    def confirm(self):
        """Three round trips over `allok`: this start, this copy and this firmware are good."""
        b = self.boot
        if b.get("trial"):
            b["slot"], b["trial"] = b["trial"], ""
            self.event("agent", state="confirmed")
        b["fails"] = b["tries"] = b["outage"] = 0
        self._save()
        if self.new_firmware:
            self.ag.handler("ota", "confirm")(self)

    def clean(self, why):
        """A reset that is meant: it does not count as a crash."""
        self.boot["running"] = 0
        self.boot["last"] = why
        self._save()

    def before_reset(self, m, slot):
        b = self.boot
        if m == "safe":
            b["safe"], b["why"] = 1, "asked for"
        elif m == "normal":
            b["safe"] = b["fails"] = 0
        if slot in ("a", "b") and slot != b.get("slot"):
            b["trial"], b["tries"] = slot, 0
        self.clean("reset")

    def crash(self, who, text):
        """Keeps a crash on flash; told of after the next connect at the latest."""
        d = {"boot0": self.ag.sessions.boot_hex, "who": who, "t": self.ag.clock.ms()}
        head = "=== %s %s %d\n" % (who, d["boot0"], d["t"])
        text = (head + text)[:_CRASH_MOST]
        try:
            old = _tail(CRASH, _CRASH_MOST - len(text))
            with open(CRASH, "w") as f:
                f.write(old)
                f.write(text if text.endswith("\n") else text + "\n")
        except OSError as e:
            self.ag.log.exc("guard", e)
        d["tb"] = text[len(head) :][:400]
        if who == "app":
            self.event("crash", **d)
        else:
            self.boot["crashed"] = d
            self._save()

    def crash_text(self, most, rm):
        if rm:
            try:
                os.remove(CRASH)
            except OSError:
                pass  # there is none
            return b""
        return _tail(CRASH, most).encode()


def _tail(path, most):
    try:
        with open(path, "rb") as f:
            n = f.seek(0, 2)
            f.seek(max(0, n - max(0, most)))
            b = f.read()
    except OSError:
        return ""
    if len(b) == most:  # cut: from the next whole line on
        b = b[b.find(b"\n") + 1 :]
    return b.decode()


def trace(e):
    b = io.StringIO()
    sys.print_exception(e, b)
    return b.getvalue()
