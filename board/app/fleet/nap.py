"""Lets a board sleep between two rounds of its app (docs/apps.md, "Boards that sleep"). Loaded
only when the app sleeps, or when messages were kept from before the last sleep."""

import asyncio
import gc
import os
import time

from .ring import seconds

_LOOK_MS = const(50)
# Without a broker, the board sleeps no earlier than this after its start ...
_OFFLINE_MS = const(12000)
# ... and no earlier than this after the app has finished its round.
_LOST_MS = const(2000)
_ACK_MS = const(3000)  # longest wait for the broker to acknowledge the farewell
_HELD_MS = const(600000)  # longest time that requests keep it awake; "awake" asks for more
_NAME = "kept.txt"


class Nap:
    def __init__(self, app):
        self.app = app
        self.up = None  # time at which the connection was first seen
        self.held = app.ag and app.ag.handler("nap", "holds")

    async def sleep(self, s):
        """Sleeps once everything is delivered and no computer has work for the board."""
        app = self.app
        ag = app.ag
        if ag is None:
            print("app", app.name, "sleeps for %d s" % s)
            return deep(int(s * 1000))
        note = app.note
        if bool(note.get("nap")) != bool(s):
            note["nap"] = s  # the next birth says so from the start
            app.save_note(note)
        t = ag.clock.ms()
        while not self.ready(ag.clock.ms(), t):
            await asyncio.sleep_ms(_LOOK_MS)
        if app.trial:  # a whole round succeeded
            app.trial.confirm()
            await asyncio.sleep_ms(300)  # the event
        keep(app)
        t = ag.clock.ms() + _ACK_MS
        for _ in ag.handler("nap", "farewell")(ag, int(s), seconds()):
            if ag.clock.ms() > t:
                break
            await asyncio.sleep_ms(10)
        ag.handler("nap", "let_go")(ag)
        deep(int(s * 1000))

    def ready(self, t, first):
        """Returns whether the board may sleep now (t). first: when the app had finished."""
        app = self.app
        ag = app.ag
        up = ag.client.state == 2
        if up and self.up is None:
            self.up = t
        why = self.held(ag, self.up or first)
        if t < app.awake or why == "trial" or why == "code":
            return False
        if app.trial and (app.failed_at is not None or not up):
            return False  # the new version is confirmed or reverted first
        if not up:
            return t > _OFFLINE_MS and t - first > _LOST_MS
        if t - self.up > _HELD_MS:
            return True
        if why or app.inbox.waiting or any(r[4] != 2 for r in app.ring.records):
            return False
        return t - self.up >= app.every.get("wake", 2) * 1000


def deep(ms):
    import machine

    if hasattr(machine, "deepsleep"):
        machine.deepsleep(ms)
    time.sleep_ms(ms)  # a port without deep sleep
    machine.reset()


def keep(app):
    """Writes the messages that the broker does not have to flash, because memory is lost in deep
    sleep."""
    left = [r for r in app.ring.records if r[4] != 2]
    path = app.fleet.__path__ + "/" + _NAME
    if not left:
        if _NAME in os.listdir(app.fleet.__path__):
            os.remove(path)
        return
    unix, ms = seconds(), app.ring.ms()
    with open(path, "w") as f:
        for r in left:
            u = unix - (ms - r[2]) // 1000 if unix else 0
            f.write("%s\t%d\t%s\n" % (r[1], u, r[3]))


def restore(app):
    """Reads the messages from before the sleep. They are sent first, with their times. Their file
    is removed once the broker has them."""
    unix, ms = seconds(), app.ring.ms()
    waiting = []
    with open(app.fleet.__path__ + "/" + _NAME) as f:
        for line in f:
            part = line.rstrip("\n").split("\t", 2)
            if len(part) < 3:
                continue  # half a line after a power cut
            app.ring.add(part[0], part[2])
            r = app.ring.records[-1]
            u = int(part[1])
            if unix and u:
                r[2] = ms - (unix - u) * 1000
            waiting.append(r)
    gc.collect()
    asyncio.create_task(_forget(app, waiting))


async def _forget(app, waiting):
    while any(r[4] != 2 and r in app.ring.records for r in waiting):
        await asyncio.sleep_ms(200)
    try:
        os.remove(app.fleet.__path__ + "/" + _NAME)
    except OSError:
        pass  # a sleep has removed it
