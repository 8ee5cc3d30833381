"""Runs files at set times (docs/apps.md, "Schedules"). Loaded only where there is a plan.

/fleet/plan.json: [{"id", "file", "every": seconds | "cron": "m h day month weekday", "missed":
"run" | "skip", "last": unix seconds}]. Cron expressions are in the board's local time."""

import asyncio
import json
import time

from .inbox import traced
from .ring import seconds

_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_LOOK_BACK = const(1440)  # minutes searched for a missed run
_KEEP_S = const(60)  # more frequent runs are not recorded, because flash wears out


def bits(text, low, most):
    """Returns the numbers of one cron field, as bits."""
    found = 0
    for part in text.split(","):
        part, step = (part.split("/") + [""])[:2]
        a, b = (part.split("-") + [""])[:2]
        if a == "*":
            a, b = low, most
        else:
            a = int(a)
            b = int(b) if b else most if step else a
        if not low <= a <= b <= most:
            raise ValueError(text)
        for n in range(a, b + 1, int(step or 1)):
            found |= 1 << n
    return found


def parse(cron):
    parts = cron.split()
    if len(parts) != 5:
        raise ValueError("cron has five fields")
    return [bits(p, f[0], f[1]) for p, f in zip(parts, _FIELDS)] + [parts[2], parts[4]]


def due(c, t):
    """Returns whether the minute of t (time.localtime) matches the cron expression."""
    day = c[2] >> t[2] & 1
    n = (t[6] + 1) % 7
    week = (c[4] >> n | (c[4] >> 7 if n == 0 else 0)) & 1
    # As in cron: if both are given, either is enough.
    both = day and week if c[5] == "*" or c[6] == "*" else day or week
    return bool(both and c[0] >> t[4] & 1 and c[1] >> t[3] & 1 and c[3] >> t[1] & 1)


class Plan:
    """rows: the jobs of plan.json, each with n: number of runs; x: error of the last one; c: the
    parsed cron expression; at: time of the last run in ms; new: not checked for a missed run yet;
    busy: runs now."""

    def __init__(self, app):
        self.app = app
        self.path = app.fleet.__path__ + "/plan.json"
        self.rows = []
        self.load()

    def load(self):
        """Reads the plan. Keeps the results and times of the last runs."""
        old = {row["id"]: row for row in self.rows}
        try:
            with open(self.path) as f:
                self.rows = json.load(f)
        except (OSError, ValueError):
            self.rows = []
        for row in self.rows:
            o = old.get(row["id"])
            row["n"], row["x"] = (o["n"], o["x"]) if o else (0, None)
            if o and o.get("last"):
                row["last"] = o["last"]
            row["c"] = parse(row["cron"]) if "cron" in row else None
            row["at"] = time.ticks_ms()
            row["new"] = o is None
            row["busy"] = False

    def save(self):
        keys = ("id", "file", "every", "cron", "missed", "last")
        found = [{k: row[k] for k in keys if k in row} for row in self.rows]
        self.app.fleet.write_json(self.path, found)

    def info(self):
        """Returns the jobs, and the board's clock in seconds since 1970, 0 if unset, for a
        computer."""
        keys = ("id", "file", "every", "cron", "missed", "last", "n", "x")
        return {"plan": [{k: row.get(k) for k in keys} for row in self.rows], "u": seconds()}

    def missed(self, row):
        """Returns whether a run was due while the board was off."""
        unix = seconds()
        last = row.get("last") or 0
        if not unix or not last or row.get("missed") != "run":
            return False
        if row["c"] is None:
            return unix - last >= row["every"]
        shift = time.time() - unix  # between 1970 and this port's epoch
        first = max(last // 60 + 1, unix // 60 - _LOOK_BACK)
        for m in range(first, unix // 60):
            if due(row["c"], time.localtime(m * 60 + shift)):
                return True
        return False

    async def run(self):
        minute = None
        while True:
            unix = seconds()
            for row in self.rows:
                if row["new"] and (unix or row["c"] is None):
                    row["new"] = False
                    if self.missed(row):
                        self.begin(row)
                if row["c"] is None:
                    if time.ticks_diff(time.ticks_ms(), row["at"]) >= row["every"] * 1000:
                        row["at"] = time.ticks_ms()
                        self.begin(row)
                elif unix and minute not in (None, unix // 60) and due(row["c"], time.localtime()):
                    self.begin(row)
            minute = unix // 60 if unix else None
            await asyncio.sleep_ms(500)

    def begin(self, row):
        """Starts a job, unless its last run has not ended."""
        if not row["busy"]:
            row["busy"] = True
            asyncio.create_task(self.perform(row))

    async def perform(self, row):
        app = self.app
        row["n"] += 1
        row["last"] = seconds() or None
        try:
            names = {"__name__": "__main__"}
            with open(row["file"]) as f:
                exec(f.read(), names)
            main = names.get("main")
            if main:
                r = main()
                if hasattr(r, "send"):
                    await r
            row["x"] = None
        except Exception as e:
            row["x"] = traced(e)[-300:]
            if app.ag:
                app.ag.log.error("schedule", row["id"] + ": " + row["x"])
            else:
                print("schedule", row["id"], row["x"])
        row["busy"] = False
        if row["last"] and (row["c"] or row["every"] >= _KEEP_S):
            self.save()
