"""Watchdog, confirmation of a start, crashes and safe mode (README.md, "Staying alive")."""

import os

from .util import Lazy, load
from .wire import UP

# seconds without a connection before each reboot, if the policy allows reboots
_OUTAGE_S = (300, 900, 1800, 3600)
_TRIPS = const(3)  # round trips that confirm a start


class Policy:
    """Decides from times alone, so that tests can simulate an hour. wd: {"limit", "allok"} in
    seconds and {"outage"}, "tolerate" or "reboot".

    Times in ms: begun: of the start; trip: of the last round trip; asked: of the last request for
    one; looked: of the last decide(). trips: round trips so far; stage: reboots of this outage;
    ok: this start is confirmed."""

    def __init__(self, wd, now, stage=0):
        self.limit = wd.get("limit", 300) * 1000
        self.allok = wd.get("allok", 60) * 1000
        self.reboots = wd.get("outage", "tolerate") == "reboot"
        self.stage = stage
        self.begun = self.trip = self.asked = self.looked = now
        self.lost = now  # time at which the connection was lost, None while it is up
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
        """Returns "feed", "ask" (feed and send a round trip), "confirm" (feed; the start is good),
        "stuck" or "outage" (both reboot; "outage" never counts as a crash). busy: code or jobs
        run, which may delay a round trip."""
        asleep = now - self.looked > self.limit // 2  # code let nothing else run
        self.looked = now
        if self.lost is not None:
            wait = _OUTAGE_S[min(self.stage, len(_OUTAGE_S) - 1)] * 1000
            return "outage" if self.reboots and now - self.lost >= wait and not busy else "feed"
        if busy or asleep:
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


class Guard(Lazy):
    """setup.py sets the attributes: ag: the Agent; boot: the shim's record of this start; safe: 1
    in safe mode; policy: Policy; wdt: the hardware watchdog, or None; asked: random payload of the
    round trip that is under way; sent: its time; rtt: ms of the last one; events: JSON texts to be
    sent; new_firmware: this firmware is not confirmed yet; topic, evt: topics of round trips and
    events. Its other methods are in crash.py."""

    more = "crash"

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
            load("hal").reset()
        elif what == "outage":
            self.boot["outage"] = self.policy.stage + 1
            self.clean("outage")
            load("hal").reset()
        elif what == "confirm":
            self.confirm()
        if self.wdt:
            self.wdt.feed()
        if ag.client.state == UP:
            if what == "ask":
                self._ask()
            if self.events:
                self.tell()

    def _ask(self):
        """The payload is random, so only a real broker round trip can return it."""
        self.asked = os.urandom(12)
        self.sent = self.ag.clock.ms()
        self.ag.client.send(self.topic, self.asked, 1)

    def back(self, mv):
        """Handles a message that this board sent to itself through the broker."""
        if self.asked and bytes(mv) == self.asked:
            now = self.ag.clock.ms()
            self.rtt = now - self.sent
            self.policy.tripped(now)
            self.asked = None
