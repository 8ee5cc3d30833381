"""Runs one app on the board: keeps its tasks going, sends what they tell, hands them messages
(docs/apps.md). It is installed with the first app as /fleet/*.mpy, and loaded only where one is.

With the agent it is a module of the agent's (`start`); without, main.py calls `run`."""

import asyncio
import json
import os
import sys

if __path__[:1] != "/":  # the working folder may change later
    __path__ = (os.getcwd() + "/" + __path__).replace("//", "/")
_NOTE = __path__ + "/run.json"

config = {}  # the app's own settings, from its app.json
_app = None


def start(mqtt, _=None):
    """The agent starts it as one of its modules."""
    global _app
    if _app is None:
        _app = _make(mqtt)
        asyncio.create_task(_app.begin())


def run():
    """main.py of a board without the agent starts it. Does nothing where the agent has."""
    global _app
    if _app is None:
        _app = _make(None)
        asyncio.run(_app.alone())


def send(data):
    """Sends one message: anything that JSON can hold. It is kept until the broker has it."""
    _app.add("D", json.dumps(data))


def on_message(f):
    """f(text) answers messages to the app; its result is the reply. It may be a coroutine."""
    _app.inbox.handle = f


def interval(name, seconds=None):
    """Returns the pause of `worker` or `management` in seconds, or sets it."""
    if seconds is not None:
        _app.every[name] = seconds
    return _app.every[name]


def sleep(seconds):
    """Makes the board sleep once all messages are delivered and no computer has work for it. It
    starts again afterwards. The result can be awaited, which pauses the task."""
    return _app.nap(seconds)


def on_topic(name, f):
    """f(text) is called for each message on this board's topic in/NAME, and on that of all."""
    _app.own_topics().on(name, f)


def publish(name, data):
    """Publishes on this board's topic out/NAME: a text, or anything that JSON can hold."""
    return _app.own_topics().publish(name, data)


def about():
    """Returns what the agent's birth message says about the app (docs/protocol.md section 2)."""
    d = {}
    n = _app.note if _app else {}
    for k, name in (("v", "run"), ("trial", "trial"), ("sleep", "nap")):
        if n.get(name):
            d[k] = n[name]
    if n.get("bad"):
        d["bad"] = 1
    return d


def request(d):
    """Answers a computer's request through the agent (APP with `a`, docs/protocol.md
    section 5)."""
    return _app.request(d)


def batch(seq, most):
    """Returns messages from `seq` on, as many as fit into `most` bytes, sent or not."""
    return _app.ring.batch(seq, most, False)[0]


def load_note():
    """Returns what to run; {} if nothing, or if the record is damaged."""
    try:
        with open(_NOTE) as f:
            d = json.load(f)
        return d if isinstance(d, dict) else {}
    except (OSError, ValueError):
        return {}


def save_note(d):
    """Written next to it, then renamed: after a power cut, the old or the new record is
    complete."""
    with open(_NOTE + "~", "w") as f:
        json.dump(d, f)
    try:
        os.rename(_NOTE + "~", _NOTE)
    except OSError:  # FAT does not rename onto an existing file
        os.remove(_NOTE)
        os.rename(_NOTE + "~", _NOTE)


def _make(mqtt):
    from .app import App

    return App(sys.modules[__name__], mqtt)
