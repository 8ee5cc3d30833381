"""An MQTT 3.1.1 client for MicroPython that needs only wire.py, link.py, pub.py and util.py, so it
can be used alone (README.md).

step() and pump() do all I/O and never block. A task, a timer or a socket callback may call them,
so the connection stays alive while other code blocks. run() connects and reconnects forever."""

import asyncio
import random
import time
from asyncio import core

from .util import Lazy, load
from .wire import BESIDE, CONNECTING, DOWN, UP, Wire


class Client(Wire, Lazy):
    """cfg: host, port, client_id; optional user, password, ssl (dict, see tls.py), keepalive (s),
    will (topic, message), size (largest payload in bytes), backoff ((first, most) seconds).
    link.py sets the attributes."""

    more = "pub"  # provides publish and subscribe

    def __init__(self, cfg, wifi=None):
        load("link").make(self, cfg, wifi)

    def send(self, topic, payload, qos=0, retain=False, acked=None):
        """Publishes a message. Calls `acked` when the broker has it (QoS 1). Raises OSError: 27 if
        it is too large, 16 if another caller is sending, LinkLost if not connected."""
        payload = payload.encode() if isinstance(payload, str) else payload
        n = len(payload) + len(topic) + 12
        if n > self.size + BESIDE:
            raise OSError(27)
        mine = self.enter()
        try:
            if not mine:
                raise OSError(16)
            self.grow(n)
            p = self.begin(topic, qos, retain)
            self.tx[p : p + len(payload)] = payload
            pid = self.finish(p + len(payload))
            if qos and acked:
                self.acks[pid] = acked
        except OSError as e:
            if mine and self.state == UP:
                self.fail(e)
            raise
        finally:
            if mine:
                self.leave()

    def fail(self, e):
        """Closes the connection after an error and plans the next attempt: at a random time in the
        second half of a pause that grows with each failure."""
        if self.state == DOWN:
            return
        was, self.state = self.state, DOWN
        self._gen = None
        self.error = repr(e)
        if self.on_socket:
            self.on_socket(None)
        self.detach()
        first, most = self.cfg.get("backoff", (1, 60))
        wait = min(most, first << min(self.fails, 8)) * 1000
        self.fails += 1
        self.next_try = time.ticks_add(
            time.ticks_ms(), wait // 2 + random.getrandbits(16) % (wait // 2 + 1)
        )
        if self.on_down:
            self.on_down(self.error, was == UP)
        if self.task and self.task is not core.cur_task:
            self._kicked = True
            self.task.cancel()  # it waits for a socket that is closed

    def step(self):
        """Does the work that is due: connecting, keepalive. Never waits, except for the name
        server."""
        if self.stopped or self._stepping:
            return
        self._stepping = True
        try:
            self._step()
        finally:
            self._stepping = False

    def _step(self):
        if self.state == DOWN:
            if time.ticks_diff(time.ticks_ms(), self.next_try) < 0:
                return
            self.state = CONNECTING
            self._gen = load("link").connection(self)
        try:
            if self.state == CONNECTING:
                next(self._gen)
            else:
                self._keep()
        except StopIteration:
            self._gen = None
        except Exception as e:
            self.fail(e)

    def _keep(self):
        k = self.cfg.get("keepalive", 30) * 1000
        now = time.ticks_ms()
        if time.ticks_diff(now, self.hear) > k * 3 // 2:
            raise OSError(110)
        idle = max(time.ticks_diff(now, self.said), time.ticks_diff(now, self.hear))
        if idle > k // 2 and (self.ping is None or time.ticks_diff(now, self.ping) > k // 2):
            self.ping = now
            if self.enter():
                try:
                    self._packet(0xC0, 5)
                finally:
                    self.leave()

    async def run(self):
        """Owns the connection. Never returns."""
        self.task = core.cur_task
        while not self.stopped:
            try:
                if self.state != UP:
                    self.step()
                    await asyncio.sleep_ms(20 if self.state == CONNECTING else 100)
                    continue
                if not self.full:
                    await self._readable()
                self.serve()
                await asyncio.sleep_ms(0)
            except asyncio.CancelledError:
                if not self._kicked:
                    raise
                self._kicked = False

    def _readable(self):
        yield core._io_queue.queue_read(self.sock)

    def serve(self):
        """Handles received packets, from any caller; an error ends the connection. It works in
        portions: `full` means that more packets wait until the other tasks have had their turn."""
        if not self.enter():
            return
        try:
            self.full = self.state == UP and self.pump()
        except OSError as e:
            self.fail(e)
        finally:
            self.leave()
