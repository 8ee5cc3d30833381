"""Messages from computers to the app, and its answers."""

import asyncio
import io
import json
import sys

_LINE = const(1000)  # maximum characters of a message or a reply
_MOST = const(8)  # maximum number of waiting messages
_DONE = const(16)  # number of messages whose result is remembered, so that none is handled twice


def traced(e):
    """Returns the traceback as text."""
    b = io.StringIO()
    sys.print_exception(e, b)
    return b.getvalue()


class Inbox:
    """handle: the app's function for messages; False if a task of the app takes them, None if
    nothing does. waiting, done: records [id, state, reply, text] of messages."""

    def __init__(self, app):
        self.app = app
        self.handle = None
        self.waiting = []
        self.done = []

    def take(self, mid, text):
        """Accepts a message, but only once per id. Returns its state and its answer so far. Raises
        ValueError if the app cannot take it."""
        mid = mid[:64]
        text = text[:_LINE]
        for m in self.done:
            if m[0] == mid:
                return {"st": m[1], "r": m[2]}
        if self.handle is None:
            raise ValueError("the app takes no messages")
        if len(self.waiting) >= _MOST:
            raise ValueError("the app has %d messages to answer already" % _MOST)
        if len(self.done) >= _DONE:
            self.done.pop(0)
        m = [mid, "delivered", None, text]
        self.done.append(m)
        self.waiting.append(m)
        return {"st": "delivered", "r": None}

    async def run(self):
        while True:
            while not self.waiting:
                await asyncio.sleep_ms(100)
            await self.answer(self.handle)

    async def answer(self, f):
        """Passes the oldest message to f and sends its answer; an exception is reported to the
        sender."""
        m = self.waiting.pop(0)
        text, m[3] = m[3], ""
        try:
            r = await self.app.plain(f, text)
            m[1], m[2] = "done", None if r is None else str(r)[:_LINE]
        except Exception as e:
            m[1], m[2] = "failed", traced(e)[-_LINE:]
            if self.app.ag:
                self.app.ag.log.error("message", m[2])
        d = {"id": m[0], "r" if m[1] == "done" else "x": m[2]}
        try:
            self.app.add("R", json.dumps(d))
        except ValueError:  # a board with small packets
            d = {"id": m[0], "r" if m[1] == "done" else "x": m[2][:30] + "..."}
            self.app.add("R", json.dumps(d))
