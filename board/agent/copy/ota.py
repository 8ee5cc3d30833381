"""Firmware over the air: written by offset, read back, confirmed or rolled back (docs/protocol.md
section 11).

The flash is injected. It has: running and next (labels), size (bytes of the next partition),
header() (the first 16 bytes of the running image), erase(block), write(block, bytes),
read(offset, buffer), activate(), confirm(). Blocks have 4096 bytes."""

import hashlib
import json
import os
from binascii import hexlify

from .inflow import Inflow
from .store import remove, replace
from .util import HOME, Fail

BLOCK = 4096
# The record of an update, which survives a restart: {"n", "h", "off"} while it is open,
# {"pending": label} after END.
NOTE = HOME + "/mpyfleet/ota.json"
_EVERY = const(65536)  # bytes after which the record is updated


def load():
    try:
        with open(NOTE) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def save(d):
    with open(NOTE + "~", "w") as f:
        json.dump(d, f)
    replace(NOTE + "~", NOTE)


class Ota(Inflow):
    def __init__(self, ag, s, r, flash, n, h):
        super().__init__(ag, s, r, n)
        self.flash, self.h = flash, h
        self.block = bytearray(BLOCK)
        self.fill = 0
        self.ending = False
        note = load()
        if note.get("n") == n and note.get("h") == h:
            self.off = note.get("off", 0)
        else:
            save({"n": n, "h": h, "off": 0})
        ag.ota = self

    def take(self, mv):
        off = self.off
        while len(mv):
            k = min(len(mv), BLOCK - self.fill)
            self.block[self.fill : self.fill + k] = mv[:k]
            self.fill += k
            off += k
            mv = mv[k:]
            if self.fill == BLOCK:
                self.flush(off)

    def flush(self, end):
        """Writes the block whose content ends at `end`, and updates the record when that is
        due."""
        if not self.fill:
            return
        for i in range(self.fill, BLOCK):
            self.block[i] = 0xFF
        n = (end - 1) // BLOCK
        if n == 0:
            self.check(self.block)
        self.flash.erase(n)
        self.flash.write(n, self.block)
        self.fill = 0
        if end % _EVERY == 0 and end < self.total:
            save({"n": self.total, "h": self.h, "off": end})

    def check(self, head):
        """Raises Fail unless the image is for this chip: its magic byte and chip id must equal
        those of the running one."""
        mine = self.flash.header()
        if head[0] != mine[0] or head[12:14] != mine[12:14]:
            self.stop()
            raise Fail("EVERIFY", "this image is not for this chip")

    def stop(self):
        self.close()
        self.ag.ota = None
        remove(NOTE)

    def cancel(self):
        self.stop()

    def end(self):
        if not self.ending:
            self.ending = True
            self.flush(self.total)
            self.ag.start(self.s, self.r, self._verify(), "verify")

    def _verify(self):
        try:
            sha = hashlib.sha256()
            b = memoryview(self.block)
            for at in range(0, self.total, BLOCK):
                k = min(BLOCK, self.total - at)
                self.flash.read(at, b[:k])
                sha.update(b[:k])
                yield
            if hexlify(sha.digest()).decode() != self.h:
                raise Fail("EVERIFY", "what was written reads back differently")
        except Exception:
            self.stop()
            raise
        self.flash.activate()
        self.close()
        self.ag.ota = None
        save({"pending": self.flash.next})
        return {"n": self.total, "next": self.flash.next}


def op_ota(ag, s, r, j, _):
    flash = ag.flash
    if not flash:
        raise Fail("ENOSYS", "this board has no second partition for firmware")
    do = j.get("do")
    open_ = ag.ota
    if do == "info":
        note = load()
        state = "pending" if "pending" in note else "open" if "n" in note else "none"
        d = {"run": flash.running, "next": flash.next, "size": flash.size, "state": state}
        d["off"] = open_.off if open_ else note.get("off", 0)
        return d
    if do == "abort":
        if open_:
            open_.stop()
        elif "n" in load():
            remove(NOTE)
        return {}
    if do != "begin":
        raise Fail("EINVAL", "do")
    n, h = j["n"], j["h"]
    if len(h) != 64 or n < 16:
        raise Fail("EINVAL", "size or hash is no good")
    if n > flash.size:
        raise Fail("ETOOBIG", "the partition has %d bytes" % flash.size)
    if "pending" in load():
        raise Fail("EBUSY", "the last update is not confirmed yet")
    if open_ and (open_.ending or open_.s is not s and open_.s in ag.sessions.all):
        raise Fail("EBUSY", "another update is under way")
    if open_:
        open_.close()
    Ota(ag, s, r, flash, n, h).greet()


def started(guard):
    """Called at the start: finds out whether this firmware is the one installed last, or the
    previous one."""
    note = load()
    if "pending" not in note:
        return
    flash = guard.ag.flash
    if flash and flash.running == note["pending"]:
        guard.new_firmware = True
        guard.event("ota", state="pending")
    else:
        os.remove(NOTE)
        guard.event("ota", state="rolledback")


def confirm(guard):
    """After three round trips over `allok` seconds, confirms this firmware."""
    guard.ag.flash.confirm()
    guard.new_firmware = False
    remove(NOTE)
    guard.event("ota", state="confirmed")
