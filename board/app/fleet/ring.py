"""The app's messages to computers (docs/protocol.md section 9)."""

import json
import time

_COST = const(40)  # bytes of heap that a message needs besides its text


def seconds():
    """Returns seconds since 1970, 0 without a clock."""
    t = time.gmtime()
    if t[0] < 2024:
        return 0
    return time.time() + (946684800 if time.gmtime(0)[0] == 2000 else 0)


class Ring:
    """Keeps messages until the broker has them, and then until newer ones need the room, so that a
    computer that was away can ask for them. A record is [seq, type, ms, text, state]; state 0: to
    send, 1: in transit, 2: at the broker."""

    def __init__(self, app, ms):
        self.app = app
        self.size = 4096
        self.ms = ms
        self.records = []
        self.bytes = 0
        self.next = 1
        self.lost = 0  # messages dropped before the broker had them
        self.links = -1  # the client's `reconnects` at the last flush()
        self.flying = False  # a batch is in transit

    def add(self, what, text):
        self.bytes += len(text) + _COST
        while self.bytes > self.size and self.records:
            r = self.records.pop(0)
            self.bytes -= len(r[3]) + _COST
            if r[4] != 2:
                self.lost += 1
        self.records.append([self.next, what, self.ms(), text, 0])
        self.next += 1

    def batch(self, first, most, fresh):
        """Returns (bytes, records): the records from number `first` on, up to the first gap or as
        many as fit into `most` bytes; with `fresh`, only those that are still to be sent."""
        found = []
        n = 200
        for r in self.records:
            if r[0] < first or (fresh and r[4]):
                if found:
                    break
                continue
            n += len(r[3].encode()) + 16
            if found and n > most:
                break
            found.append(r)
        app = self.app
        d = {"boot": app.ag.sessions.boot_hex, "s": found[0][0] if found else self.next}
        d.update(n=len(found), t=self.ms(), u=seconds(), drop=self.lost, app=app.name)
        d["v"] = app.version
        text = json.dumps(d) + "\n"
        for r in found:
            text += "%s\t%d\t%s\n" % (r[1], r[2], r[3])
        return text.encode(), found

    def flush(self):
        """Sends new records, one batch at a time."""
        ag = self.app.ag
        c = ag.client
        if c.state != 2 or c.reconnects != self.links:
            self.links = c.reconnects
            self.flying = False
            for r in self.records:
                if r[4] == 1:  # it was in transit when the link was lost
                    r[4] = 0
        if c.state != 2 or self.flying or not self.records or self.records[-1][4]:
            return
        data, found = self.batch(0, c.size - 120, True)
        signed = ag.handler("session", "signed")
        for r in found:
            r[4] = 1
        self.flying = True
        topic = ag.guard.topic[:-2] + b"msg"
        try:
            c.send(topic, signed(ag.sessions, "msg", data), 1, False, lambda: self.arrived(found))
        except OSError:  # the link is lost, or busy at this moment: next time
            self.flying = False
            for r in found:
                r[4] = 0

    def arrived(self, found):
        self.flying = False
        for r in found:
            r[4] = 2
