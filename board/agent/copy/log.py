"""Everything printed and logged: a ring with sequence numbers, sent in batches (docs/protocol.md
section 9)."""

from .util import Lazy

LEVELS = "ODIWEC"  # output, debug, info, warning, error, critical: dropped in this order
_LINE = const(400)
_FLUSH_MS = const(250)
_COST = const(48)  # bytes of heap that a record needs besides its text


class Log(Lazy):
    """A ring of records [seq, level, ms, logger, text, state]; state 0: to send, 1: in transit, 2:
    at the broker. setup.py sets the attributes: ring, size, used: records, limit and use in bytes;
    next: the next seq; level: the least level logged, by logger, "" for all others; drop: lost
    records by level; line: an unfinished line of output; urgent: send at once; last: time of the
    last batch; busy: a batch is in transit."""

    more = "batch"

    def add(self, level, name, text):
        cut = len(text) > _LINE
        if cut:
            text = text[:_LINE]
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        text = text.replace("\t", "\\t") + ("\\…" if cut else "")
        self.used += len(text) + _COST
        while self.used > self.size and self.ring:
            self._evict()
        self.ring.append([self.next, level, self.clock.ms(), name[:64], text, 0])
        self.next += 1
        if level in "EC":
            self.urgent = True

    def _evict(self):
        """Drops one record: first those that the broker has, then the least important, the oldest
        first."""
        worst = None
        for r in self.ring:
            key = (r[5] != 2, LEVELS.index(r[1]) if r[5] != 2 else 0, r[0])
            if worst is None or key < worst[0]:
                worst = key, r
        r = worst[1]
        self.ring.remove(r)
        self.used -= len(r[4]) + _COST
        if r[5] != 2:
            self.drop[r[1]] = self.drop.get(r[1], 0) + 1

    def log(self, level, name, text):
        least = self.level
        if LEVELS.index(level) >= LEVELS.index(least.get(name) or least[""]):
            self.add(level, name, text)

    def lost(self, e):
        """Counts what could not even be logged."""
        self.drop["O"] = self.drop.get("O", 0) + 1

    def printed(self, buf):
        """Takes output of the dupterm stream and makes records of whole lines."""
        line = self.line
        for b in bytes(buf):
            if b == 10 or len(line) >= _LINE:
                self._line()
            if b not in (10, 13):
                line.append(b)

    def _line(self):
        text = bytes(self.line).decode() if _utf8(self.line) else repr(bytes(self.line))
        self.line[:] = b""
        self.add("O", "", text)

    def flush(self, client, topic):
        """Sends a batch when it is due. Its records are kept until the broker has acknowledged
        them."""
        now = self.clock.ms()
        if self.busy or (now - self.last < _FLUSH_MS and not self.urgent):
            return
        if not self.ring or self.ring[-1][5]:
            return
        self.last = now
        self.send(client, topic)

    def down(self):
        """The connection was lost: batches in transit are sent again."""
        self.busy = False
        for r in self.ring:
            if r[5] == 1:
                r[5] = 0


def _utf8(b):
    try:
        bytes(b).decode("utf-8")
        return True
    except UnicodeError:
        return False
