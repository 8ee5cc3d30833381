"""Attacks on the agent's own modules: what a lesser key, a copy of what passed the broker, or the
broker itself achieves. Prints rows of a table: attack, what should happen, what happened.
`node bench/attacks.mjs` runs it."""

import hashlib
import json
import sys

from agent import CID, UID, Host, agent, chip, said

PING, BYE, EXEC, DATA, GET, RESET, CFG = 2, 3, 0x10, 0x21, 0x26, 0x40, 0x42
STDIN = 0x11

rows = []


def row(attack, expected, seen):
    rows.append((attack, expected, seen))
    print("| %s | %s | %s |" % (attack, expected, seen))


def answered(*hosts):
    return " ".join(said(h.ask(PING, 90 + i)) for i, h in enumerate(hosts))


def take_over():
    ag = agent()
    admin = Host(ag, CID, "admin")
    admin.hello()
    code = b"print('mine')\n" + b"#" * 3000
    admin.json(EXEC, 7, {"n": len(code), "h": hashlib.sha256(code).hexdigest()}, code[:900])
    viewer = Host(ag, CID, "viewer")
    row("viewer: HELLO under the admin's cid", "viewer", viewer.hello()["role"])
    evil = b"import os\n" + b"#" * (len(code) - 910)
    row("viewer: DATA into the admin's EXEC", "ESTALE", said(viewer.ask(DATA, 7, evil[:900], 900)))
    row(
        "viewer: EXEC of his own",
        "EROLE",
        said(viewer.json(EXEC, 8, {"n": 1, "h": "0" * 64}, b"1")),
    )
    for at in range(900, len(code), 1000):
        admin.ask(DATA, 7, code[at : at + 1000], at)
    row("the admin's code", "runs unchanged", "runs unchanged" if ag.run.ran == code else "no")
    ag.run.state = "exec"
    operator = Host(ag, "operator0000", "operator")
    operator.hello()
    ag.run.input, ag.run.taken, ag.run.stdin = b"", 0, None
    row("operator: input for the admin's code", "EROLE", said(operator.ask(STDIN, 7, b"x\r")))
    ag.run.state = "idle"
    ag.run.job = None
    admin.json(EXEC, 9, {"n": 2, "h": hashlib.sha256(b"x1").hexdigest()}, b"")
    out = admin.ask(DATA, 9, b"y2", 0)
    row("the broker: other code than announced", "EVERIFY", said(out[-1:]))


def replays():
    ag = agent()
    host = Host(ag, CID, "admin")
    host.hello()
    old = host.message
    host.hello()
    host.ask(PING, 2)
    host.send(old)
    row("copy of a HELLO, then the owner's PING", "OK", said(host.ask(PING, 3)))
    ended = []
    for i in range(6):
        program = Host(ag, "deadprogram%d" % i, "viewer")
        program.hello()
        program.ask(BYE, 2)
        ended.append(program)
    for program in ended * 3:
        program.send(program.message)
    row("18 copies of HELLOs of ended programs, then PING", "OK", said(host.ask(PING, 4)))
    new = Host(ag, "newprogram00", "admin")
    new.hello()
    for program in ended:
        program.send(program.message)
    row("6 more between HELLO and PING of a new program", "OK", said(new.ask(PING, 2)))
    for i in range(6):
        other = Host(ag, "viewerhost%02d" % i, "viewer")
        other.hello()
        other.ask(PING, 2)
    row("viewer: 6 sessions at once, then the admins' PINGs", "OK OK", answered(host, new))
    host.json(CFG, 11, {})
    viewer = Host(ag, CID, "viewer")
    viewer.hello()
    row("viewer: CFG with the id of the admin's CFG", "EROLE", said(viewer.json(CFG, 11, {})))
    ag._warned = -1000
    row("frame without a tag", "EAUTH", said(host.send(host.head(PING, 5, 900, 0, 0))))
    ag._warned = -1000
    row("frame of protocol 1", "EPROTO", said(host.send(b"\x28" + host.message[1:])))
    ag.clock.ms, ag._warned = lambda: 5000, 0  # all of them at once
    begun = len(ag.client.out)
    for i in range(100):
        host.send(host.head(PING, 6, 1000 + i, 0, 0), "nosuchhost00")
    row("100 frames without a session: answers", "1", str(len(ag.client.out) - begun))


def desired():
    text = json.dumps({"v": "\x01" * 190, "set": "{}", "mac": ""})
    messages = (
        text,
        text.replace('""', "5"),
        '{"v":1e999,"set":"{}","mac":""}',
        '{"v":9,"set":"{}","mac":"%s"}' % ("0" * 64),
        "[" * 900,
    )
    for mode in ("signed", "open"):
        ag = agent()
        ag.sessions.mode = mode
        about = "retained configurations without a key, %s mode" % mode
        # In open mode nothing is signed, so every valid configuration is accepted.
        sent = [m for m in messages if mode == "signed" or '"v":9' not in m]
        for message in sent:
            order(ag, message)
        row("%d %s: reports" % (len(sent), about), "0", str(len(ag.reports)))
        row("the same: records in the log", "0", str(len(ag.logged)))
    for v in range(1, 50):
        order(ag, json.dumps({"v": v, "set": '{"nonsense":1}'}))
    row("49 configurations at once in open mode: reports kept", "2", str(len(ag.reports)))


def order(ag, message):
    ag.on_message(b"mpy/%s/cfg" % UID.encode(), memoryview(message.encode()), True, 1, False)


def topics():
    ag = agent()
    ag._warned = -1000
    head = Host(ag, CID, "admin").head(PING, 1, 1) + bytes(12)
    for cid in (b"x" * 213, b"x" * 180, b"\xff\xfe" * 5):
        ag.on_message(b"mpy/%s/c/" % UID.encode() + cid, memoryview(head), False, 1, False)
    names = "topics of 230 and 197 bytes, and one without UTF-8"
    row(names, "3 counted", "%d counted" % ag.bad)
    row("the same: answers", "0", str(len(ag.client.out)))
    row("the same: records in the log", "0", str(len(ag.logged)))


def secrets():
    ag = agent()
    operator = Host(ag, CID, "operator")
    operator.hello()
    names = [
        "config.json",
        "CONFIG.JSON",
        "config.json~",
        "CONFIG~1.JSO",
        "config.json.",
        "config.json ",
    ]
    paths = ["/mpyfleet/" + name for name in names] + ["/webrepl_cfg.py", "/mpyfleet/key.der"]
    paths += ["/MPYFLE~1/config.json", "/mpyfleet./config.json", "/mpyfleet\\config.json"]
    paths += ["/WEBREP~1.PY", "/secrets.py", "/SECRETS.PY", "/secrets.py.", "/lib/secrets.json"]
    for r, path in enumerate(paths):
        row("operator: GET %s" % path, "EROLE", said(operator.json(GET, 20 + r, {"p": path})))
    row(
        "operator: RESET with another slot", "EROLE", said(operator.json(RESET, 40, {"slot": "b"}))
    )


def relay():
    other = agent("aaaaaaaaaa")
    # The broker shows the host the birth of board A with the boot and nonce of this board.
    host = Host(other, CID, "admin", UID)
    row("HELLO for another board with the same key", "EAUTH", str(host.hello()))


def again():
    ag = agent()
    host = Host(ag, CID, "admin")
    host.hello()
    code = b"#" * 3000
    host.json(EXEC, 7, {"n": len(code), "h": hashlib.sha256(code).hexdigest()}, code[:900])
    host.hello()
    out = host.ask(DATA, 7, code[900:1900], 900, 0x10)
    good = said(out) == "taken" and all(host.owns(m) for m in out)
    row(
        "new HELLO of the owner during a transfer",
        "it goes on",
        "it goes on" if good else said(out),
    )
    host.ask(DATA, 7, code[1900:2900], 1900)
    host.ask(DATA, 7, code[2900:], 2900)
    row("the same: his code", "runs", "runs" if ag.run.ran == code else "does not run")


chip()
for attack in (take_over, replays, desired, topics, secrets, relay, again):
    attack()
sys.exit(any(expected != seen for _, expected, seen in rows))
