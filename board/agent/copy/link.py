"""How mqtt.py gets connected: addresses, TCP, TLS, login. Loaded for that and unloaded afterwards.
Generators: each `yield` is a place to wait a moment."""

import gc
import select
import socket
import time

from .util import load
from .wire import UP

_TCP_MS = 10000
_ANSWER_MS = 10000  # CONNACK, SUBACK
_BUSY = (11, 115, 119, 120)  # EAGAIN, EINPROGRESS and their kin


def deadline(ms):
    return time.ticks_add(time.ticks_ms(), ms)


def passed(t):
    return time.ticks_diff(time.ticks_ms(), t) >= 0


def _pem(data):
    """DER of the first certificate of a PEM file: what every port's TLS takes."""
    if b"-----BEGIN" not in data:
        return data
    from binascii import a2b_base64

    a = data.index(b"-----", data.index(b"-----BEGIN") + 10) + 5
    return a2b_base64(data[a : data.index(b"-----END")].replace(b"\n", b"").replace(b"\r", b""))


def _read(path):
    with open(path, "rb") as f:
        return f.read()


def tls(sock, opt, host):
    """The TLS socket over `sock`. opt: ca, cert, key (paths, PEM or DER),
    verify (default: true), name (what the certificate must say; default: the host)."""
    import ssl

    gc.collect()  # TLS wants large pieces of memory
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if opt.get("verify", True):
        ctx.verify_mode = ssl.CERT_REQUIRED
        ctx.load_verify_locations(_pem(_read(opt["ca"])))
    else:
        ctx.verify_mode = ssl.CERT_NONE
    if opt.get("cert"):
        ctx.load_cert_chain(_pem(_read(opt["cert"])), _pem(_read(opt["key"])))
    name = opt.get("name") or host
    return ctx.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)


def connect(host, port, opt):
    """Generator that gives (stream, socket). The name is looked up anew each time."""
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
            # TCP_NODELAY, where the port has it: answers are small and wanted at once
            s.setsockopt(6, 1, 1)
        except (OSError, ValueError):
            pass
        return (tls(s, opt, host) if opt else s), s
    except Exception:
        s.close()
        raise


def login(wire, cfg):
    """Generator: CONNECT and the broker's yes; OSError with its reason otherwise."""
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
    while len(mv):  # over TLS this makes the handshake first
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
    """Generator that gives the next packet of that type (2 CONNACK, 9 SUBACK)."""
    t = deadline(_ANSWER_MS)
    wire.answer = None
    while True:
        wire.pump()
        if wire.answer and wire.answer[0] == what:
            return wire.answer
        if passed(t):
            raise OSError(110)
        yield


def connection(c):
    """Generator that makes the Client's connection; OSError says why it cannot."""
    if c.wifi:
        yield from load("wifi").up(c)
    if c.before:
        c.before()
    cfg = c.cfg
    port = cfg.get("port") or (8883 if cfg.get("ssl") else 1883)
    c.attach(*(yield from connect(cfg["host"], port, cfg.get("ssl"))))
    if c.on_socket:
        c.on_socket(c.raw)
    yield from login(c, cfg)
    if c.subs:
        subscriptions(c, c.subs)
        a = yield from answer(c, 9)
        if max(a[3:]) & 0x80:  # 0x80; ejabberd says with the codes of MQTT 5 why
            raise OSError("the broker refuses a subscription")
    c.fails = 0
    c.ping = None
    c.reconnects += 1
    c.state = UP
    if c.on_up:
        c.on_up()


def subscriptions(c, subs):
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
