"""The configuration, changed from afar (docs/protocol.md section 10)."""

import json

from . import frame
from .store import replace
from .util import Fail

_PATH = "/mpyfleet/config.json"
_OPEN = "name tags log tm app modules keepalive qos wd ntp mtu win out code ring".split()
_ADMIN = "keys mode wifi broker root sessions".split()


def store(cfg):
    """Beside, then renamed: a power cut leaves the old one or the new one."""
    with open(_PATH + "~", "w") as f:
        json.dump(cfg, f)
    replace(_PATH + "~", _PATH)


def change(ag, new, allowed):
    if not isinstance(new, dict):
        raise Fail("EINVAL", "an object is expected")
    for k in new:
        if k not in allowed:
            raise Fail("EINVAL", "%s cannot be set" % k[:32])
    cfg = dict(ag.cfg)
    for k, v in new.items():
        if v is None:
            cfg.pop(k, None)
        else:
            cfg[k] = v
    _check(cfg)
    store(cfg)
    ag.cfg.clear()
    ag.cfg.update(cfg)
    ag.log.level = cfg.get("log", "I")


def _check(cfg):
    if not isinstance(cfg.get("broker"), dict) or "host" not in cfg["broker"]:
        raise Fail("EINVAL", "broker needs a host")
    if cfg.get("mode", "signed") not in ("signed", "open"):
        raise Fail("EINVAL", "mode is signed or open")
    if cfg.get("mode", "signed") == "signed" and not cfg.get("keys"):
        raise Fail("EINVAL", "signed mode needs a key")
    if cfg.get("log", "I") not in "ODIWEC":
        raise Fail("EINVAL", "log is one of D I W E C")
    for k in ("tm", "keepalive", "mtu", "win", "out", "code", "ring"):
        if k in cfg and not (isinstance(cfg[k], int) and 0 <= cfg[k] < 1 << 20):
            raise Fail("EINVAL", "%s must be a number" % k)
    if not isinstance(cfg.get("tags", []), list):
        raise Fail("EINVAL", "tags is a list")


def public(cfg):
    """Without secrets."""
    d = {k: v for k, v in cfg.items() if k not in ("keys", "wifi")}
    d["broker"] = {k: v for k, v in cfg["broker"].items() if k not in ("password", "user")}
    return d


def op_cfg(ag, s, r, j, _):
    if "set" in j:
        change(ag, j["set"], _OPEN + _ADMIN)
    return {"cfg": public(ag.cfg)}


def desired(ag, mv):
    """The retained `cfg` message: applied if it is newer and rightly signed; reported either
    way."""
    if not len(mv):
        return
    v = 0
    try:
        j = json.loads(bytes(mv))
        v, text = j["v"], j["set"]
        if v <= ag.cfg.get("cfgv", 0):
            return
        if ag.sessions.mode == "signed":
            key = ag.sessions.keys.get("admin")
            good = key and frame.mac(
                frame.pads(key), b"cfg", ag.uid.encode(), str(v).encode(), b":", text.encode()
            )
            from binascii import unhexlify

            if not key or not frame.same(good, unhexlify(j.get("mac", ""))):
                raise Fail("EAUTH", "wrong mac")
        new = json.loads(text)
        change(ag, new, _OPEN)
        ag.cfg["cfgv"] = v
        store(ag.cfg)
        d = {"v": v, "ok": 1}
    except Exception as e:
        d = {"v": v, "ok": 0, "m": frame.explain(e)[1].get("m", "")[:200]}
    ag.reports.append(json.dumps(d))
