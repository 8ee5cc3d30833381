"""The board's own access point (docs/setup.md, "Without a cable"): after power-on, while the board
has no network, it offers a page on which someone near it chooses Wi-Fi and broker. The password
follows from the admin's key. Loaded only if the configuration has `ap`, how long it is open."""

import asyncio
import os
import sys
from binascii import hexlify

from . import hal
from .frame import mac, same
from .link import deadline, passed
from .session import role_key
from .util import Fail, Thing, load
from .wire import UP

_LOCK_MS = const(120000)  # silence in ms after which a visitor no longer locks the page
_MOST_MS = const(900000)  # milliseconds after which it closes, even if it is in use
_REQUEST_MS = const(8000)  # milliseconds after which a request is dropped
_HEAD = const(2048)  # maximum bytes of a request's header
_BODY = const(1024)  # maximum bytes of a form
_VISITORS = const(3)  # connections at once
_WRONG = const(5)  # wrong tokens after which the access point closes
_TRIAL_S = const(120)  # seconds in which the board must reach its broker with the new settings
# 32 characters that cannot be mistaken for each other
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_PAGE = """<!doctype html><meta name=viewport content="width=device-width"><title>%s</title>
<style>body{font:16px sans-serif;max-width:24em;margin:2em auto;padding:0 1em}
input,button{font:inherit;width:100%%;box-sizing:border-box;margin:.2em 0 1em;padding:.4em}</style>
<h1>%s</h1>%s"""
_FORM = """<p><b>%s</b></p><form method=post action="/"><input type=hidden name=t value="%s">
<label>Wi-Fi<input name=ssid list=nets maxlength=32 required value="%s"></label>
<datalist id=nets>%s</datalist>
<label>Password<input name=key type=password maxlength=64></label>
<label>Broker<input name=host maxlength=255 required value="%s"></label>
<label>Port<input name=port type=number min=1 max=65535 value="%d"></label>
<p>Only for another broker:</p><label>User<input name=user maxlength=255></label>
<label>Password<input name=password type=password maxlength=255></label>
<button>Save and restart</button></form>"""


def begin(main):
    """Opens the access point after power-on, and when a configuration on trial has just been
    reverted."""
    trial = main.boot.get("cfg", {})
    undone = trial.get("state") == "undone" and trial.get("tell")
    if main.ag.sessions.mode == "signed" and (undone or hal.reset_cause() == "power"):
        asyncio.create_task(main.vital(lambda: _offer(main)))


def password(ss):
    """Returns 12 characters of 5 bits each; None for a board without an admin key."""
    key = role_key(ss, "admin")
    return key and "".join(_SIGNS[b & 31] for b in mac(key, b"MPY/2 A", ss.uid)[:12])


async def _offer(main):
    ap = server = None
    log = main.ag.log
    try:
        import network

        sta = network.WLAN(network.STA_IF)
        c, word = main.client, password(main.ag.sessions)
        while c.state != UP and not c.fails:
            await asyncio.sleep_ms(100)
        if c.state == UP or sta.isconnected() or not word:
            return
        ap = _open(network, ("mpyfleet-" + main.ag.uid)[:32], word)
        p = Thing()
        p.main, p.sta = main, sta
        p.token, p.until = None, 0  # token of the visitor who has the page
        p.wrong = p.visitors = 0
        p.done = False
        host = ap.ifconfig()[0]
        server = await asyncio.start_server(lambda r, w: _visit(p, r, w), host, hal.port(), 2)
        log.info("ap", "access point open, page at http://%s/" % host)
        t, most = deadline(main.cfg["ap"] * 1000), deadline(_MOST_MS)
        while p.wrong < _WRONG and not p.done and not passed(most):
            if _locked(p):
                c.next_try = deadline(5000)  # scanning for networks would disconnect the visitor
            elif passed(t) or c.state == UP:
                break
            await asyncio.sleep_ms(200)
        while p.visitors:  # the last answer is still sent; each request has a time limit
            await asyncio.sleep_ms(100)
    except Exception as e:
        log.exc("ap", e)
    finally:
        if server:
            server.close()
        if ap:
            ap.active(False)
            log.info("ap", "access point closed")


def _open(network, ssid, word):
    """Activates the access point. The password is set first, so it is never open to everyone."""
    ap = network.WLAN(network.AP_IF)
    try:
        # 3 is WPA2; on ports without this option, a network with a key uses it
        kind = {"security": 3} if sys.platform in ("esp32", "esp8266") else {}
        ap.config(ssid=ssid, key=word, **kind)
    except (ValueError, TypeError):
        ap.config(essid=ssid, password=word, authmode=3)
    ap.active(True)
    return ap


def _locked(p):
    return p.token is not None and not passed(p.until)


def _lock(p):
    p.token = hexlify(os.urandom(8)).decode()
    p.until = deadline(_LOCK_MS)


async def _visit(p, r, w):
    """Reads one request of a browser, answers it and closes the connection."""
    p.visitors += 1
    try:
        if p.visitors <= _VISITORS:
            what = await asyncio.wait_for_ms(_request(r), _REQUEST_MS)
            w.write(_answer(p, *what))
            await asyncio.wait_for_ms(w.drain(), _REQUEST_MS)
    except (OSError, asyncio.TimeoutError, ValueError, MemoryError) as e:
        p.main.ag.log.warning("ap", "request dropped: %r" % e)
    finally:
        p.visitors -= 1
        w.close()
        await w.wait_closed()


async def _request(r):
    """Returns (method, path, body) of a request. If it is refused, the method is an HTTP
    status."""
    b = b""
    while b"\r\n\r\n" not in b:
        more = await r.read(256)
        if not more:
            raise ValueError("it ends early")
        b += more
        if len(b) > _HEAD + _BODY:
            return "431 Too large", "", b""
    at = b.index(b"\r\n\r\n")
    lines = b[:at].decode().split("\r\n")
    method, path, _ = lines[0].split(" ")
    n = 0
    for line in lines[1:]:
        k, v = _cut(line, ":")
        if k.lower() == "content-length":
            n = int(v)
    if not 0 <= n <= _BODY:
        return "413 Too large", "", b""
    b = b[at + 4 :]
    while len(b) < n:
        more = await r.read(n - len(b))
        if not more:
            raise ValueError("it ends early")
        b += more
    return method, path, b[:n]


def _answer(p, method, path, body):
    path, query = _cut(path, "?")
    if method not in ("GET", "POST"):
        return _say(method if method[0] in "4" else "405 Not allowed", "")
    if path != "/":
        return _say("404 Not found", "")
    if method == "POST":
        return _save(p, _fields(body.decode()))
    t = _fields(query).get("t", "")
    if _locked(p) and not same(t.encode(), p.token.encode()):
        return _say("423 Locked", "<p>Someone else is using this page. Try again in two minutes.")
    if not t or not _locked(p):
        _lock(p)
        # The number in the address identifies the visitor when the page is reloaded.
        return "HTTP/1.0 303 See other\r\nLocation: /?t=%s\r\n\r\n" % p.token
    p.until = deadline(_LOCK_MS)
    return _page(p, "")


def _save(p, d):
    t = d.get("t", "")
    if not _locked(p) or not same(t.encode(), p.token.encode()):
        p.wrong += 1
        return _say("403 Forbidden", "<p>This page is too old. Open it again.")
    _lock(p)  # each number is valid for one attempt
    main = p.main
    try:
        new = {"wifi": _networks(main.cfg, d), "broker": _broker(main.cfg["broker"], d)}
        load("cfg").change(main.ag, new, ("wifi", "broker"), _TRIAL_S)
    except (Fail, ValueError) as e:
        return _page(p, e.text if isinstance(e, Fail) else "The port is a number")
    p.done = True
    main.ag.guard.clean("ap")
    main.ag.leave_as = "hard"
    main.ag.leave_at = main.ag.clock.ms() + 2000
    return _say(
        "200 OK",
        "<p>The board restarts and tries these settings. If it does not reach the broker within "
        "two minutes, it returns to its old settings and opens this network again.",
    )


def _networks(cfg, d):
    ssid = d.get("ssid", "")
    others = [n for n in cfg.get("wifi") or () if n["ssid"] != ssid]
    return [{"ssid": ssid, "key": d.get("key") or None}] + others[:7]


def _broker(old, d):
    """A broker's login is sent to no other host: anyone near the board could read it there."""
    host = d.get("host", "")
    new = dict(old) if host == old["host"] else {"host": host}
    if "ssl" in old:
        new["ssl"] = old["ssl"]
    if d.get("port"):
        new["port"] = int(d["port"])
    for k in ("user", "password"):
        if d.get(k):
            new[k] = d[k]
    return new


def _page(p, wrong):
    b, seen = p.main.cfg["broker"], []
    try:
        p.sta.active(True)
        for n in p.sta.scan():
            try:
                name = n[0].decode()
            except ValueError:
                continue  # a name that is not text cannot be in a form
            if name and name not in seen:
                seen.append(name)
    except OSError as e:  # the user can type them
        p.main.ag.log.warning("ap", "no list of networks: %r" % e)
    nets = "".join('<option value="%s">' % _safe(n) for n in seen[:20])
    first = (p.main.cfg.get("wifi") or [{"ssid": ""}])[0]["ssid"]
    port = b.get("port") or (8883 if b.get("ssl") else 1883)
    form = _FORM % (_safe(wrong), p.token, _safe(first), nets, _safe(b["host"]), port)
    return _say("200 OK", form, _safe(p.main.cfg.get("name", "")))


def _say(status, html, name="MicroPython"):
    html = _PAGE % (name, name, html or status)
    return (
        "HTTP/1.0 %s\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n"
        "X-Frame-Options: DENY\r\nConnection: close\r\n\r\n%s" % (status, html)
    )


def _cut(text, sign):
    """Returns the parts before and after the first `sign`."""
    a = text.split(sign, 1)
    return a[0], a[1] if len(a) > 1 else ""


def _safe(text):
    for a, b in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(a, b)
    return text


def _fields(text):
    """Returns the fields of a form (application/x-www-form-urlencoded). Raises ValueError for
    anything else."""
    d = {}
    for pair in text.split("&"):
        k, v = _cut(pair, "=")
        parts = v.replace("+", " ").split("%")
        b = parts[0].encode()
        for x in parts[1:]:
            b += bytes((int(x[:2], 16),)) + x[2:].encode()
        d[k] = b.decode()
    return d
