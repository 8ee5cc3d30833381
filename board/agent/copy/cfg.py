"""Changes the configuration remotely (docs/protocol.md section 10)."""

import asyncio
import json
from binascii import hexlify, unhexlify

from . import frame
from .entry import opened
from .main import current
from .session import role_key
from .store import replace
from .util import HOME, Fail, load

_PATH = HOME + "/mpyfleet/config.json"
_OPEN = "name tags type location tz log tm app modules keepalive qos wd ntp mtu win out".split()
_OPEN += ("code", "ring", "level", "after", "hw", "heap")
_ADMIN = "mode root sessions ap".split()
_SEALED = "keys wifi broker network".split()


def store(cfg):
    """Writes a temporary file, then renames it. After a power cut, either the old or the new one
    exists."""
    with open(_PATH + "~", "w") as f:
        json.dump(cfg, f)
    replace(_PATH + "~", _PATH)


def change(ag, new, allowed, trial=None):
    """Checks the values of `new`, stores them and applies them. None removes a value. `allowed`:
    names that may be set; `trial`: seconds after the next restart within which the board must
    reach its broker."""
    if not isinstance(new, dict):
        raise Fail("EINVAL", "an object is expected")
    for k in new:
        if k not in allowed:
            raise Fail("EINVAL", "%s cannot be set" % k[:32])
    cfg = dict(ag.cfg)
    for k, v in new.items():
        if k == "keys" and isinstance(v, dict):
            both = dict(cfg.get("keys", {}))
            both.update(v)
            cfg[k] = {role: key for role, key in both.items() if key is not None}
        elif v is None:
            cfg.pop(k, None)
        else:
            cfg[k] = v
    load("check").check(cfg, new)
    if "wifi" in new and cfg.get("wifi"):
        cfg["wifi"] = [_network(n, ag.cfg.get("wifi") or ()) for n in cfg["wifi"]]
    if "network" in new:
        cfg["network"] = _secrets(cfg.get("network") or {}, ag.cfg.get("network") or {})
    if "broker" in new:
        cfg["broker"] = _broker(cfg["broker"], ag.cfg["broker"])
    if trial is not None:
        load("trial").begin(ag, trial)
    if "heap" in new:
        load("heap").keep(cfg.get("heap") or {}, ag.cfg.get("heap") or {})
    store(cfg)
    ag.cfg.clear()
    ag.cfg.update(cfg)
    _levels(ag)
    if current and ("name" in new or "tags" in new or "tz" in new):
        current.said = None  # the birth message contains these, so it is sent again
    if current and "keys" in new:
        _rekey(ag.sessions, cfg["keys"])


def _levels(ag):
    ag.log.level = dict(ag.cfg.get("level") or {})
    ag.log.level[""] = ag.cfg.get("log", "I")


def _rekey(ss, keys):
    """Applies new keys at once. Sessions whose key has changed end. The agent reconnects, because
    its last will carries tags of the old keys."""
    now = ss.all + ss.new
    old = [role_key(ss, s.name) for s in now]
    load("keys").update(ss, keys)
    for s, k in zip(now, old):
        if role_key(ss, s.name) != k:
            for all in (ss.all, ss.new):
                if s in all:
                    all.remove(s)
    asyncio.create_task(_again(current.client))


async def _again(c):
    await asyncio.sleep(1)  # the answer is sent first
    c.fail("keys")


def _network(n, old):
    """Keeps a password that the request omits, because a computer cannot read it and send
    it back."""
    for was in old:
        if "key" not in n and was["ssid"] == n["ssid"]:
            return dict(n, key=was.get("key"))
    return n


def _secrets(net, old):
    """Keeps passwords of a network's module that the request omits."""
    d = {}
    for name, conf in net.items():
        known = old.get(name, {})
        keep = "password" in known and "password" not in conf
        d[name] = dict(conf, password=known["password"]) if keep else conf
    return d


def _broker(b, old):
    """Does the same for a broker's user and password if the host is unchanged."""
    b = dict(b)
    b.pop("h", None)  # a fingerprint, which a host may send back
    if b["host"] == old["host"]:
        for k in ("user", "password"):
            if k not in b and k in old:
                b[k] = old[k]
    if b.get("other"):
        b["other"] = _broker(b["other"], old.get("other") or {"host": ""})
    return b


def public(cfg, pads):
    """Returns the configuration without secrets: roles instead of keys, and instead of passwords a
    fingerprint that only the host of this session can compare."""
    d = dict(cfg)
    d["keys"] = list(cfg.get("keys", {}))
    if cfg.get("wifi"):
        d["wifi"] = nets = []
        for n in cfg["wifi"]:
            nets.append({"ssid": n["ssid"], "h": _fingerprint(pads, n.get("key") or "")})
    if cfg.get("network"):
        d["network"] = {}
        for name, conf in cfg["network"].items():
            d["network"][name] = conf = dict(conf)
            if "password" in conf:
                conf["h"] = _fingerprint(pads, conf.pop("password"))
    d["broker"] = _bare(cfg["broker"], pads)
    return d


def _bare(b, pads):
    d = {k: v for k, v in b.items() if k not in ("password", "user")}
    login = (b.get("user") or "") + "\0" + (b.get("password") or "")
    d["h"] = _fingerprint(pads, login)
    if d.get("other"):
        d["other"] = _bare(d["other"], pads)
    return d


def _fingerprint(pads, text):
    if not pads:
        return ""
    return hexlify(frame.mac(pads, b"print", text.encode())[:8]).decode()


async def _louder(ag, level, seconds):
    """Makes all loggers log from `level` on for a while. A restart or a new configuration ends
    this."""
    ag.louder = mine = object()
    ag.log.level = {"": level}
    await asyncio.sleep(seconds)
    if ag.louder is mine:
        _levels(ag)


def op_cfg(ag, s, r, j, _):
    trial = j.get("try")
    if "lv" in j:
        lv, seconds = j["lv"], j.get("for")
        if lv not in list("ODIWEC") or not isinstance(seconds, int) or not 0 < seconds < 86401:
            raise Fail("EINVAL", "lv is a level, for its seconds")
        asyncio.create_task(_louder(ag, lv, seconds))
    if "set" in j:
        change(ag, j["set"], _OPEN + _ADMIN, trial)
    if "x" in j:
        change(ag, json.loads(opened(s, r, j["x"])), _OPEN + _ADMIN + _SEALED, trial)
    d = public(ag.cfg, s.pads)
    if "k" in j:
        d = {k: v for k, v in d.items() if k in j["k"]}
    t = ag.guard.boot.get("cfg", {})
    return {"cfg": d, "try": t.get("state", ""), "why": t.get("why", "")}


def desired(ag, mv):
    """Applies the retained `cfg` message if it is newer and correctly signed, and reports the
    result. An incorrectly signed message is only counted, because anyone may have sent it."""
    try:
        j = json.loads(bytes(mv))
        v, text = j["v"], j["set"]
        if not isinstance(v, int) or not 0 <= v < 1 << 30:
            raise ValueError
        if ag.sessions.mode == "signed" and not _signed(ag, j, v, text):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        ag.bad += 1
        return
    if v <= ag.cfg.get("cfgv", 0):
        return
    try:
        new = json.loads(text)
        if any(isinstance(k, str) for k in new.get("keys", {}).values()):
            raise Fail("EINVAL", "a key that is not sealed")
        change(ag, new, _OPEN + ["keys"])
        ag.cfg["cfgv"] = v
        store(ag.cfg)
        d = {"v": v, "ok": 1}
    except Exception as e:
        d = {"v": v, "ok": 0, "m": frame.explain(e)[1].get("m", "")[:200]}
    del ag.reports[:-1]  # the two newest are enough
    ag.reports.append(json.dumps(d))


def _signed(ag, j, v, text):
    by, got = j.get("by", "admin"), unhexlify(j["mac"])
    key = by.split(":")[0] == "admin" and role_key(ag.sessions, by)
    m = key and frame.mac(key, b"MPY/2 C", ag.sessions.uid, b"%d:" % v, text.encode())
    return m and frame.same(m, got)
