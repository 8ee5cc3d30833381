"""Rules for a configuration (docs/protocol.md section 10). A wrong value must not take effect at
the next start: the agent could fail there, and the board would be unreachable."""

from binascii import unhexlify

from .session import ROLES
from .util import Fail

_ROOT = "abcdefghijklmnopqrstuvwxyz0123456789_-"


def _bad(text):
    raise Fail("EINVAL", text)


def _text(v, most, what, least=0):
    if not isinstance(v, str) or not least <= len(v.encode()) <= most:
        _bad("%s is a text of %d to %d bytes" % (what, least, most))


def _number(v, least, most, what):
    if not isinstance(v, int) or not least <= v <= most:
        _bad("%s is a number from %d to %d" % (what, least, most))


def _broker(b, what="broker"):
    if not isinstance(b, dict) or "host" not in b:
        _bad(what + " needs a host")
    _text(b["host"], 255, what + " host", 1)
    if b.get("port") is not None:
        _number(b["port"], 1, 65535, what + " port")
    for k in ("user", "password"):
        if b.get(k) is not None:
            _text(b[k], 255, what + " " + k)
    if b.get("ssl") and not isinstance(b["ssl"], dict):
        _bad(what + " ssl is an object")
    if b.get("other") is not None:
        _broker(b["other"], "other")


def _wifi(nets):
    if not isinstance(nets, list) or len(nets) > 8:
        _bad("wifi is a list of 8 networks at most")
    for n in nets:
        if not isinstance(n, dict):
            _bad("a network needs an ssid")
        _text(n.get("ssid"), 32, "ssid", 1)
        if n.get("key") is not None:
            _text(n["key"], 64, "the password of a network")


def _net(net):
    if not isinstance(net, dict) or len(net) > 1:
        _bad("network names one module, with its settings")
    for name, conf in net.items():
        _text(name, 32, "a module", 1)
        if not isinstance(conf, dict):
            _bad("network %s is an object" % name)
        if conf.get("password") is not None:
            _text(conf["password"], 64, "the password of a network")


def _watchdog(wd):
    if not isinstance(wd, dict) or wd.get("outage", "reboot") not in ("tolerate", "reboot"):
        _bad("wd is an object, its outage tolerate or reboot")
    for k in ("limit", "allok"):
        _number(wd.get(k, 1), 1, 86400, "wd " + k)
    _number(wd.get("hw", 0), 0, 3600, "wd hw")


def _modules(m):
    if not isinstance(m, (dict, list)) or len(m) > 16 or not all(isinstance(k, str) for k in m):
        _bad("modules are 16 names at most, with their settings")


def _levels(m):
    if not isinstance(m, dict) or len(m) > 16:
        _bad("level holds 16 loggers at most, each with a level")
    for name, level in m.items():
        _text(name, 64, "a logger", 1)
        _level(level)


def _level(level):
    if not isinstance(level, str) or len(level) != 1 or level not in "ODIWEC":
        _bad("a level of the log is one of D I W E C")


def _pins(m):
    if not isinstance(m, dict):
        _bad("hw is an object")
    for k, v in m.items():
        if k in ("activity", "failure", "battery"):
            if isinstance(v, str):
                _text(v, 16, "pin " + k, 1)
            else:
                _number(v, 0, 255, "pin " + k)
        elif k == "scale":
            _number(v, 1, 1000000, "scale")
        elif k != "low":
            _bad("hw has no %s" % k[:32])


def _heap(m):
    if not isinstance(m, dict) or len(m) > 8:
        _bad("heap holds 8 numbers at most")
    for k, v in m.items():
        _text(k, 15, "a name in heap", 1)
        _number(v, 0, (1 << 31) - 1, "heap " + k)


def _after(v):
    if v not in ("keep", "restart"):
        _bad("after is keep or restart")


_NUMBERS = {"tm": 86400, "ap": 3600, "keepalive": 3600, "mtu": 16384, "win": 64, "out": 65536}
_NUMBERS.update(code=1 << 19, ring=1 << 17, sessions=64)
_TEXTS = {"name": 64, "type": 64, "location": 64, "app": 255}
_OTHERS = {"wifi": _wifi, "wd": _watchdog, "modules": _modules}
_OTHERS.update(level=_levels, hw=_pins, network=_net, heap=_heap, after=_after)


def check(cfg, new):
    """Raises Fail if the board could not start with `cfg`, in which `new` has changed."""
    _broker(cfg.get("broker"))
    mode, keys = cfg.get("mode", "signed"), cfg.get("keys", {})
    if mode not in ("signed", "open"):
        _bad("mode is signed or open")
    if not isinstance(keys, dict) or not all(_is_key(k, v) for k, v in keys.items()):
        _bad("keys are 64 hex digits for admin, operator or viewer, or a number for a person")
    if len(keys) > 11 or "admin" not in keys and any(isinstance(k, int) for k in keys.values()):
        _bad("8 persons at most, and their keys follow from the admin's")
    if mode == "signed" and not keys:
        _bad("signed mode needs a key")
    if not _is_root(cfg.get("root", "mpy")):
        _bad("root")
    _level(cfg.get("log", "I"))
    for k in new:
        v = cfg.get(k)
        if v is None:
            continue
        if k in _NUMBERS:
            _number(v, 0, _NUMBERS[k], k)
        elif k in _TEXTS:
            _text(v, _TEXTS[k], k)
        elif k in _OTHERS:
            _OTHERS[k](v)
        elif k == "tz":
            _number(v, -840, 840, "tz")
        elif k == "ntp" and v not in (0, 1):
            _text(v, 64, k)
        elif k == "tags":
            _tags(v)


def _tags(tags):
    if not isinstance(tags, list) or len(tags) > 16:
        _bad("tags is a list of 16 at most")
    for t in tags:
        _text(t, 32, "a tag", 1)
        if any(c in "/+#" for c in t):
            _bad("a tag holds no / + #")
    if sum(len(t) + 4 for t in tags) > 200:
        _bad("tags are 200 characters at most")


def _is_key(role, k):
    try:
        role, name = role.split(":", 1) if ":" in role else (role, "")
        if role not in ROLES or len(name) > 24:
            return False
        if isinstance(k, int):
            return (name or role != "admin") and 0 < k < 1 << 30
        return len(k) == 64 and len(unhexlify(k)) == 32
    except (ValueError, TypeError):
        return False


def _is_root(t):
    if not isinstance(t, str) or not t:
        return False
    return all(0 < len(p) < 33 and all(c in _ROOT for c in p) for p in t.lower().split("/"))
