"""Creates mqtt.py's Client and connects it: addresses, TCP, TLS, login. Loaded for that and
unloaded afterwards. Generators `yield` where they have to wait, so that the caller can do other
work."""

import select
import socket
import time

from .util import load
from .wire import BESIDE, DOWN, UP

_TCP_MS = const(10000)  # longest wait in ms for the TCP connection
_ANSWER_MS = const(10000)  # longest wait in ms for CONNACK or SUBACK
_BUSY = (11, 115, 119, 120)  # EAGAIN, EINPROGRESS and similar ones


def make(c, cfg, wifi):
    """Sets the attributes of a new Client: here, because this module is unloaded afterwards."""
    size = cfg.get("size", 1024)
    c.size = size
    c.state = DOWN
    c.locked = False  # someone uses tx and rx
    c.again = False  # serve() is due when they are free
    c.torn = False  # a packet was sent in part, so the stream is unusable
    c.on_message = None  # f(topic bytes, payload memoryview, retained, qos, dup)
    c.on_big = None  # f(topic bytes, length): a message that does not fit into the buffer
    c.acks = {}  # pid -> f(), called when the broker has it
    c.sock = c.raw = c._poll = c._pin = None
    c.pid = c._kind = 0
    c.answer = None  # type and first bytes of the last CONNACK or SUBACK
    c._hd = bytearray(5)  # header of the packet that is arriving
    c._got = c._body = 0  # bytes received of its header and of its body
    c._n = -1  # length of its body, -1 until the header is complete
    c.full = False  # more packets have arrived than one turn may handle
    c.buffers(size + BESIDE)
    c.cfg = cfg
    c.wifi = wifi  # a list, see wifi.py, or a dict, see other.py
    c.wifi_at = 0
    c.subs = []  # (topic, qos), created again after each connect
    c.reconnects = -1  # connections after the first one
    c.error = ""  # why the last connection was lost
    c.on_up = None  # f()
    c.on_down = None  # f(error text, was it up)
    c.fails = 0  # failures in a row
    c.next_try = time.ticks_ms()
    c.ping = None  # time of the last PINGREQ
    c.task = None  # the task of run()
    c._gen = None  # connection(), while it connects
    c.before = None  # called before each attempt, once the network is up
    c.on_socket = None  # f(raw socket), f(None) before it is closed: to watch it
    c.stopped = False  # closed for good
    c._stepping = False  # step() must not call itself
    c._kicked = False  # run() was cancelled only to stop waiting for a closed socket


def attach(c, stream, raw):
    """Starts on a new stream; `raw` is the socket beneath it."""
    c.sock, c.raw = stream, raw
    c._poll = select.poll()
    c._poll.register(stream, select.POLLOUT)
    c._pin = select.poll()
    c._pin.register(stream, select.POLLIN)
    c.acks.clear()
    c._got = 0
    c._n = -1
    c.grow(c.size)  # for the login
    c.torn = False
    c.answer = None
    c.hear = c.said = time.ticks_ms()


def deadline(ms):
    return time.ticks_add(time.ticks_ms(), ms)


def passed(t):
    return time.ticks_diff(time.ticks_ms(), t) >= 0


def connect(host, port, opt):
    """Generator that returns (stream, socket). It resolves the name again each time."""
    where = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
    s = socket.socket(where[0], socket.SOCK_STREAM)
    try:
        s.setblocking(False)
        try:
            s.connect(where[-1])
        except OSError as e:
            if e.args[0] not in _BUSY:
                raise
        p = select.poll()
        p.register(s, select.POLLOUT)
        t = deadline(_TCP_MS)
        while True:
            got = p.poll(0)
            if got and got[0][1] & (select.POLLERR | select.POLLHUP):
                raise OSError(111)
            if got:
                break
            if passed(t):
                raise OSError(110)
            yield
        try:
            # TCP_NODELAY, if the port has it: answers are small and wanted at once
            s.setsockopt(6, 1, 1)
        except (OSError, ValueError):
            pass
        return (load("tls").wrap(s, opt, host) if opt else s), s
    except Exception:
        s.close()
        raise


def login(wire, cfg):
    """Generator that sends CONNECT and ends when the broker accepts. Raises OSError with the
    reason if it does not."""
    user, password, will = cfg.get("user"), cfg.get("password"), cfg.get("will")
    flags = 2 | (0x80 if user else 0) | (0x40 if password else 0) | (0x2C if will else 0)
    k = cfg.get("keepalive", 30)
    tx = wire.tx
    tx[5:15] = b"\0\x04MQTT\x04" + bytes((flags, k >> 8, k & 255))
    p = 15
    for part in (cfg["client_id"], will and will[0], will and will[1], user, password):
        if part:
            part = part.encode() if isinstance(part, str) else part
            n = len(part)
            if p + n + 2 > len(tx):
                raise OSError(27)
            tx[p], tx[p + 1] = n >> 8, n & 255
            tx[p + 2 : p + 2 + n] = part
            p += n + 2
    mv = wire.txm[wire.head(0x10, p) : p]
    t = deadline(2 * _ANSWER_MS)
    while len(mv):  # over TLS, this first does the handshake
        n = wire.sock.write(mv)
        if n:
            mv = mv[n:]
        elif passed(t):
            raise OSError(110)
        else:
            yield
    a = yield from answer(wire, 2)
    if a[2]:
        raise OSError("the broker refuses us, code %d" % a[2])


def answer(wire, what):
    """Generator that returns the next packet of that type (2 CONNACK, 9 SUBACK)."""
    t = deadline(_ANSWER_MS)
    wire.answer = None
    while True:
        try:
            wire.pump()
        except OSError:
            if not wire.answer:  # a broker that refuses closes the connection at once
                raise
        if wire.answer and wire.answer[0] == what:
            return wire.answer
        if passed(t):
            raise OSError(110)
        yield


def connection(c):
    """Generator that opens the Client's connection; an OSError names the reason if it fails."""
    if c.wifi:
        yield from load("other" if isinstance(c.wifi, dict) else "wifi").up(c)
    if c.before:
        c.before()
    cfg = c.cfg
    # After three failures in a row, the second broker gets three attempts, and so on. When the
    # connection is lost, the first one is tried again.
    if cfg.get("other") and c.fails % 6 > 2:
        cfg = dict(cfg, port=None, user=None, password=None, ssl=None)
        cfg.update(cfg["other"])
    port = cfg.get("port") or (8883 if cfg.get("ssl") else 1883)
    attach(c, *(yield from connect(cfg["host"], port, cfg.get("ssl"))))
    if c.on_socket:
        c.on_socket(c.raw)
    yield from login(c, cfg)
    if c.subs:
        subscriptions(c, c.subs)
        a = yield from answer(c, 9)
        if max(a[3:]) & 0x80:  # 0x80 in MQTT 3.1.1; ejabberd uses the reason codes of MQTT 5
            raise OSError("the broker refuses a subscription")
    c.fails = 0
    c.ping = None
    c.reconnects += 1
    c.state = UP
    if c.on_up:
        c.on_up()


def subscriptions(c, subs):
    """Sends one SUBSCRIBE for the list of (topic, qos)."""
    c.grow(c.size)
    c.pid = c.pid % 65535 + 1
    p = 7
    c.tx[5], c.tx[6] = c.pid >> 8, c.pid & 255
    for topic, qos in subs:
        n = len(topic)
        if p + n + 3 > len(c.tx):
            raise OSError(27)
        c.tx[p], c.tx[p + 1] = n >> 8, n & 255
        c.tx[p + 2 : p + 2 + n] = topic
        c.tx[p + 2 + n] = qos
        p += n + 3
    c._packet(0x82, p)
    return c.pid
