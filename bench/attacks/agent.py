"""The agent's own modules under CPython with a stub for the chip, and a host that speaks to it."""

import asyncio
import builtins
import gc
import hashlib
import hmac
import importlib
import json
import os
import struct
import sys
import time
import types

COPY = os.path.join(os.path.dirname(__file__), "../../board/agent/copy")
UID = "e6614854d3"
CID = "abcdefghijkl"
ADMIN = bytes.fromhex("33" * 32)
HELLO, EXEC = 1, 0x10


def chip():
    """What the agent's modules expect of MicroPython."""
    builtins.const = lambda x: x
    time.ticks_ms = lambda: int(time.monotonic() * 1000) & 0x3FFFFFFF
    time.ticks_diff = lambda a, b: ((a - b + 0x20000000) & 0x3FFFFFFF) - 0x20000000
    time.ticks_add = lambda a, b: (a + b) & 0x3FFFFFFF
    time.sleep_ms = lambda ms: time.sleep(ms / 1000)
    gc.mem_free = lambda: 200000
    core = types.ModuleType("asyncio.core")
    core.cur_task = core._task_queue = core._io_queue = None
    sys.modules["asyncio.core"] = asyncio.core = core
    micropython = types.ModuleType("micropython")
    micropython.schedule = lambda f, a: None
    machine = types.ModuleType("machine")
    machine.unique_id = lambda: bytes.fromhex(UID)
    machine.reset_cause = lambda: 0
    sys.modules.update(micropython=micropython, machine=machine)
    sys.print_exception = lambda e, f=sys.stdout: f.write(repr(e) + "\n")
    # A FAT file system, which accepts more names for a file than it lists.
    listed = {"/": "mpyfleet", "/mpyfleet": "config.json"}
    os.ilistdir = lambda folder: [(listed[folder], 0x8000, 0, 1)]
    os.stat = lambda path: None
    sys.dont_write_bytecode = True
    for name, path in (("mpyfleet", "/mpyfleet"), ("mpyfleet.a", [COPY])):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = path


def module(name):
    return importlib.import_module("mpyfleet.a." + name)


class Client:
    """A connection that is always up; it keeps what the agent sends."""

    def __init__(self):
        self.state = module("wire").UP
        self.size = 1024 + 28
        self.tx = bytearray(8192)
        self.txm = memoryview(self.tx)
        self.out = []

    def grow(self, n):
        pass

    def begin(self, topic, qos=0, retain=False):
        self.topic = bytes(topic)
        return 0

    def finish(self, end):
        self.out.append((self.topic, bytes(self.tx[:end])))
        return 1


class Runner:
    """Notes the code that would run."""

    def __init__(self):
        self.job = self.out = None
        self.state, self.can, self.ran = "idle", True, b""

    def submit(self, kind, code, mode, name):
        self.ran = bytes(code)

    def interrupt(self):
        return False


def agent(uid=UID):
    ag = module("agent").Agent()
    ag.client, ag.qos, ag.mtu, ag.win, ag.root = Client(), 1, 1024, 16, "mpy"
    ag.uid, ag.base = uid, "mpy/%s/" % uid
    ag.clock = types.SimpleNamespace(ms=lambda: int(time.monotonic() * 1000))
    ag.cfg = {"broker": {"host": "x"}, "keys": {"admin": ADMIN.hex()}, "mode": "signed"}
    ag.flows, ag.kept, ag.jobs, ag.gets, ag.puts = {}, [], [], [], {}
    ag.reports, ag.msg_cbs, ag.topics = [], [], {}
    ag.in_callback, ag.bad, ag._warned, ag.leave_as = False, 0, -1000, None
    ag.logged = []

    def note(*a):
        ag.logged.append(a)

    ag.log = types.SimpleNamespace(warning=note, info=note, exc=note, lost=note, level="I", next=1)
    ag.sessions = module("keys").make(ag.cfg["keys"], "signed", uid, "mpy", 4)
    ag.tasks = ag.ota = ag.flash = None
    ag.guard = types.SimpleNamespace(boot={"run": "a"}, wdt=None)
    ag.run = Runner()
    return ag


def part(text):
    return bytes((len(text),)) + text.encode()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def key_of(role, uid=UID):
    return ADMIN if role == "admin" else mac(ADMIN, b"MPY/2 K", part(uid), part(role))


class Host:
    """A computer of protocol 2."""

    def __init__(self, ag, cid, role, uid=UID):
        self.ag, self.cid, self.role, self.uid = ag, cid, role, uid
        self.key = key_of(role, uid)
        self.counter, self.sk = 0, b""

    def head(self, op, r, counter, off=0, flags=8):
        return struct.pack(">BBHIII", 2 << 5 | flags, op, self.ag.sessions.aux, r, counter, off)

    def send(self, message, cid=None):
        n = len(self.ag.client.out)
        topic = "mpy/%s/c/%s" % (self.ag.uid, cid or self.cid)
        self.ag.on_message(topic.encode(), memoryview(message), False, 1, False)
        return [p for _, p in self.ag.client.out[n:]]

    def hello(self, ck=None):
        """Returns the answer's object, or the name of the error. Repeats HELLO with the number
        that a board gives out whose places are in use."""
        hn = os.urandom(16)
        head = self.head(HELLO, 1, 1)
        j = {"v": [2], "role": self.role, "hn": hn.hex(), "boot": self.ag.sessions.boot_hex}
        p = json.dumps(j if ck is None else dict(j, ck=ck)).encode()
        who = part(self.uid), part(self.role), part(self.cid)
        self.message = (
            head + p + mac(self.key, b"MPY/2 H", *who, self.ag.sessions.nonce, head, p)[:12]
        )
        out = self.send(self.message)
        if said(out) == "EBUSY" and ck is None:
            return self.hello(json.loads(out[0][16:])["ck"])
        if out[0][1] != 0x70:
            return said(out)
        answer = json.loads(out[0][16:-12])
        bn = bytes.fromhex(answer["bn"])
        self.sk = mac(self.key, b"MPY/2 S", *who, self.ag.sessions.nonce, bn, hn)
        self.counter = 1
        return answer

    def ask(self, op, r, payload=b"", off=0, flags=0):
        self.counter += 1
        head = self.head(op, r, self.counter, off, 8 | flags)
        return self.send(head + payload + mac(self.sk, b"h", head, payload)[:12])

    def json(self, op, r, j, body=b""):
        p = json.dumps(j).encode()
        return self.ask(op, r, (len(p).to_bytes(2, "big") + p if op == EXEC else p) + body)

    def owns(self, message):
        return mac(self.sk, b"b", message[:-12])[:12] == message[-12:]


def said(out):
    """What the board answered, in a word."""
    if not out:
        return "silence"
    kind = out[0][1]
    if kind != 0x7F:
        return {0x70: "OK", 0x22: "taken", 0x23: "gap", 0x71: "busy"}.get(kind, hex(kind))
    return module("frame").NAMES[struct.unpack_from(">H", out[0], 2)[0]]
