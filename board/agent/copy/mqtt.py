"""An MQTT 3.1.1 client for MicroPython that needs nothing but wire.py and link.py; usable alone
(README.md).

All I/O is non-blocking and done by step() and pump(), which a task, a timer or a socket callback
may
call: so it goes on while other code blocks. One owner, run(), connects and reconnects for ever."""

import asyncio
import random
import time
from asyncio import core

from . import link
from .wire import CONNECTING, DOWN, UP, Wire


class Client(Wire):
    """cfg: host, port, client_id; optional user, password, ssl (dict, see link.tls), keepalive
    (s),
    will (topic, message), size (largest payload), backoff ((first, most) seconds)."""

    def __init__(self, cfg, wifi=None):
        super().__init__(cfg.get("size", 1024))
        self.cfg = cfg
        self.wifi = wifi
        self.subs = []  # (topic, qos), made anew after each connect
        self.reconnects = -1
        self.error = ""
        self.on_up = None  # f()
        self.on_down = None  # f(error text, was it up)
        self.fails = 0
        self.next_try = time.ticks_ms()
        self.ping = None
        self.task = self._gen = None
        self.before = None  # f() before each try, once the network is there
        self.on_socket = None  # f(raw socket), f(None) before it is closed: to have it watched
        self.stopped = self._stepping = self._kicked = False

    def send(self, topic, payload, qos=0, retain=False, acked=None):
        """Publishes; OSError when not connected. `acked` is called when the broker has it (QoS
        1)."""
        payload = payload.encode() if isinstance(payload, str) else payload
        if len(payload) + len(topic) + 12 > len(self.tx):
            raise OSError(27)
        mine = self.enter()
        try:
            if not mine:
                raise OSError(16)
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

    async def publish(self, topic, msg, retain=False, qos=0, sync=True):
        """mqtt_async's and mqtt_as's call: waits until connected, and with QoS 1 until the broker
        has it."""
        topic = topic.encode() if isinstance(topic, str) else topic
        msg = msg.encode() if isinstance(msg, str) else msg
        while True:
            while self.state != UP:
                await asyncio.sleep_ms(100)
            done = []
            up = self.reconnects
            try:
                self.send(topic, msg, qos, retain, (lambda: done.append(1)) if qos else None)
            except OSError as e:
                if e.args[0] == 27:
                    raise
                await asyncio.sleep_ms(10)
                continue
            while qos and sync and not done and self.reconnects == up and self.state == UP:
                await asyncio.sleep_ms(10)
            if done or not qos or not sync:
                return

    async def subscribe(self, topic, qos=0):
        """Subscribes now and after every reconnection."""
        topic = topic.encode() if isinstance(topic, str) else topic
        self.subs.append((topic, qos))
        if self.state == UP and self.enter():
            try:
                self._subscribe(((topic, qos),))
            finally:
                self.leave()

    def _subscribe(self, subs):
        self.pid = self.pid % 65535 + 1
        p = 7
        self.tx[5], self.tx[6] = self.pid >> 8, self.pid & 255
        for topic, qos in subs:
            n = len(topic)
            if p + n + 3 > len(self.tx):
                raise OSError(27)
            self.tx[p], self.tx[p + 1] = n >> 8, n & 255
            self.tx[p + 2 : p + 2 + n] = topic
            self.tx[p + 2 + n] = qos
            p += n + 3
        self._packet(0x82, p)
        return self.pid

    def fail(self, e):
        """The connection is lost: closes it and has it made again."""
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
        self.next_try = link.deadline(wait // 2 + random.getrandbits(16) % (wait // 2 + 1))
        if self.on_down:
            self.on_down(self.error, was == UP)
        if self.task and self.task is not core.cur_task:
            self._kicked = True
            self.task.cancel()  # it waits for a socket that is no more

    def step(self):
        """Does what is due: connecting, keepalive. Never waits, but for the name server."""
        if self.stopped or self._stepping:
            return
        self._stepping = True
        try:
            self._step()
        finally:
            self._stepping = False

    def _step(self):
        if self.state == DOWN:
            if not link.passed(self.next_try):
                return
            self.state = CONNECTING
            self._gen = self._connect()
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

    def _connect(self):
        if self.wifi:
            yield from self.wifi.up()
        if self.before:
            self.before()
        c = self.cfg
        port = c.get("port") or (8883 if c.get("ssl") else 1883)
        self.attach(*(yield from link.connect(c["host"], port, c.get("ssl"))))
        if self.on_socket:
            self.on_socket(self.raw)
        yield from link.login(self, c)
        if self.subs:
            self._subscribe(self.subs)
            a = yield from link.answer(self, 9)
            if 0x80 in a[3:]:
                raise OSError("the broker refuses a subscription")
        self.fails = 0
        self.ping = None
        self.reconnects += 1
        self.state = UP
        if self.on_up:
            self.on_up()

    async def run(self):
        """Owns the connection, for ever."""
        self.task = core.cur_task
        while not self.stopped:
            try:
                if self.state != UP:
                    self.step()
                    await asyncio.sleep_ms(20 if self.state == CONNECTING else 100)
                    continue
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
        """Handles what has come, from wherever; an error ends the connection."""
        if not self.enter():
            return
        try:
            while self.state == UP and self.pump():
                pass
        except OSError as e:
            self.fail(e)
        finally:
            self.leave()
