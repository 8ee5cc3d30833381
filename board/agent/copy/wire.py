"""Packets of MQTT 3.1.1 over a non-blocking stream: one buffer per direction, one packet at a
time. The buffers are small while nothing happens, and grow to full size for the first packet that
needs it."""

import time

# States of the connection.
DOWN = const(0)
CONNECTING = const(1)
UP = const(2)
_SEND_MS = const(5000)  # ms without progress in sending after which the connection is lost
BESIDE = 256  # maximum bytes of a packet besides its payload
_SMALL = const(128)  # large enough for the board's own round trips
_BATCH = const(24)  # packets handled before other tasks get their turn


class LinkLost(OSError):
    """The stream to the broker has ended or broken."""


class Wire:
    """Both directions of the stream. link.py sets the attributes and attaches the stream. pump()
    passes messages to on_message and acknowledgements to acks."""

    def detach(self):
        if self.sock:
            for s in (self.sock, self.raw):
                try:
                    s.close()
                except OSError:
                    pass  # it is closed already
        self.sock = self.raw = self._poll = self._pin = None

    # Sending: begin() returns the place of the payload in tx, the caller fills it, finish() sends.

    def enter(self):
        """Returns True if tx and rx are ours until leave(). False: another caller has them and
        handles our work in leave()."""
        if self.locked:
            self.again = True
            return False
        self.locked = True
        return True

    def leave(self):
        self.locked = False
        if self.again:
            self.again = False
            self.serve()

    def buffers(self, n):
        """Replaces both buffers with buffers of n bytes. Call only after enter(), and while tx
        holds nothing to send."""
        rx, tx = bytearray(n), bytearray(n)  # both or, when memory is short, neither
        if self._n >= 0:  # a packet has arrived in part
            rx[: len(self.rx)] = self.rx
        self.rx, self.tx = rx, tx
        self.rxm, self.txm = memoryview(rx), memoryview(tx)

    def grow(self, n):
        """Makes the buffers full size if they are small and `n` bytes do not fit."""
        if len(self.rx) < min(n, self.size + BESIDE):
            self.buffers(self.size + BESIDE)

    def shrink(self):
        """Frees the large buffers until a packet needs them again."""
        if self._n < 0 and self.enter():
            self.buffers(_SMALL)
            self.leave()

    def begin(self, topic, qos=0, retain=False):
        """Returns the offset of the payload in tx."""
        if self.state != UP or self.torn:
            raise LinkLost(107)
        n = len(topic)
        self.tx[5] = n >> 8
        self.tx[6] = n & 255
        self.tx[7 : 7 + n] = topic
        n += 7
        self._kind = 0x30 | qos << 1 | (1 if retain else 0)
        if qos:
            self.pid = self.pid % 65535 + 1
            self.tx[n] = self.pid >> 8
            self.tx[n + 1] = self.pid & 255
            n += 2
        return n

    def finish(self, end):
        """Sends the bytes of `tx` up to `end`."""
        self._packet(self._kind, end)
        return self.pid

    def head(self, kind, end):
        """Writes the fixed header before tx[5:end] and returns its offset. The length takes 1 to 3
        bytes, so the header ends at 5."""
        n = end - 5
        at = 3 if n < 128 else 2 if n < 16384 else 1
        self.tx[at] = kind
        for i in range(at + 1, 5):
            self.tx[i] = n & 127 | (128 if i < 4 else 0)
            n >>= 7
        return at

    def _packet(self, kind, end):
        self.write(self.txm[self.head(kind, end) : end])

    def write(self, mv):
        """Sends all of mv, or raises LinkLost. Waits while the socket is full."""
        t = time.ticks_ms()
        # until everything is sent: if this ends early, the stream is unusable
        self.torn = True
        try:
            while len(mv):
                n = self.sock.write(mv)
                if n:
                    mv = mv[n:]
                elif time.ticks_diff(time.ticks_ms(), t) > _SEND_MS:
                    raise LinkLost(110)
                else:
                    self._poll.poll(50)
        except (OSError, AttributeError) as e:
            raise LinkLost(repr(e))
        self.torn = False
        self.said = time.ticks_ms()

    def writable(self):
        """Returns whether the socket accepts bytes now."""
        if self.state != UP:
            return False
        for _ in self._poll.ipoll(0):
            return True
        return False

    def idle(self, ms):
        """Waits until bytes arrive, for at most `ms` milliseconds."""
        self._pin.poll(ms)

    def serve(self):
        """Handles received bytes; Client defines the meaning of errors."""
        raise NotImplementedError

    def pump(self):
        """Reads and handles received bytes. Returns True if there may be more. Raises OSError if
        the stream has ended."""
        for _ in range(_BATCH):
            if not self._read_head() or not self._read_body():
                return False
            self.hear = time.ticks_ms()
            n, self._n, self._got = self._n, -1, 0
            self._packet_in(self._hd[0], min(n, len(self.rx)), n)
        return True

    def _into(self, mv):
        n = self.sock.readinto(mv)
        if n == 0:
            raise LinkLost(104)
        return n or 0

    def _read_head(self):
        if self._n >= 0:
            return True
        hd = self._hd
        while True:
            if self._got >= 2 and not hd[self._got - 1] & 128:
                break
            if self._got == 5:
                raise LinkLost(71)
            n = self._into(memoryview(hd)[self._got : max(2, self._got + 1)])
            if not n:
                return False
            self._got += n
        n = 0
        for i in range(self._got - 1, 0, -1):
            n = n << 7 | hd[i] & 127
        try:
            self.grow(n)
        except MemoryError:
            pass  # it will be read and discarded, like one that is too large
        self._n, self._body = n, 0
        return True

    def _read_body(self):
        room = len(self.rx)
        while self._body < self._n:
            if self._body < room:
                mv = self.rxm[self._body : min(self._n, room)]
            else:  # larger than the buffer: the rest is read and discarded
                mv = self.rxm[room - min(128, self._n - self._body) :]
            n = self._into(mv)
            if not n:
                return False
            self._body += n
        return True

    def _packet_in(self, kind, n, full):
        rx = self.rx
        what = kind >> 4
        if what == 3:
            self._publish_in(kind, n, full)
        elif what == 4 and n >= 2:
            f = self.acks.pop(rx[0] << 8 | rx[1], None)
            if f:
                f()
        elif what in (2, 9):
            self.answer = bytes((what,)) + bytes(rx[:n])
        elif what != 13:
            raise LinkLost(71)

    def _publish_in(self, kind, n, full):
        rx = self.rx
        qos = kind >> 1 & 3
        t = (rx[0] << 8 | rx[1]) + 2
        p = t + 2 if qos else t
        if p > n or n < 2 or qos > 1:
            raise LinkLost(71)
        topic = bytes(self.rxm[2:t])
        pid = rx[t] << 8 | rx[t + 1] if qos else 0
        try:
            if full > n:
                if self.on_big:
                    self.on_big(topic, full)
            elif self.on_message:
                self.on_message(topic, self.rxm[p:n], kind & 1, qos, kind >> 3 & 1)
        finally:
            if qos and self.sock:
                self.tx[5], self.tx[6] = pid >> 8, pid & 255
                self._packet(0x40, 7)
