"""Runs one app on the board: restarts tasks that fail, sends their messages, and passes messages
of computers to them (docs/apps.md). The first app that is deployed installs it as /fleet/*.mpy.

The agent starts it as one of its modules (`start`). Without the agent, main.py calls `run`."""

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
    """Starts the app. The agent calls it, as it does for every module."""
    global _app
    if _app is None:
        _app = _make(mqtt)
        asyncio.create_task(_app.begin())


def run():
    """Runs the app on a board without the agent. main.py calls it. Does nothing if the agent has
    started the app."""
    global _app
    if _app is None:
        _app = _make(None)
        asyncio.run(_app.alone())


def send(data):
    """Sends one message, which can be anything that JSON can hold. It is kept until the broker has
    it."""
    _app.add("D", json.dumps(data))


def on_message(f):
    """Sets f(text), which answers messages to the app. Its result is the reply. It may be a
    coroutine function."""
    _app.inbox.handle = f


def interval(name, seconds=None):
    """Returns the pause of `worker` or `management` in seconds, or sets it."""
    if seconds is not None:
        _app.every[name] = seconds
    return _app.every[name]


def sleep(seconds):
    """Lets the board sleep for that time, once all messages are delivered and no computer has work
    for it. It starts again afterwards. A task may await the result, so that it does nothing
    else."""
    return _app.nap(seconds)


def on_topic(name, f):
    """Calls f(text) for each message on the topic in/NAME of this board or of all boards."""
    _app.own_topics().on(name, f)


def publish(name, data):
    """Publishes a text, or anything that JSON can hold, on this board's topic out/NAME."""
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
    """Returns messages from number `seq` on, as many as fit into `most` bytes, whether they were
    sent or not."""
    return _app.ring.batch(seq, most, False)[0]


def load_note():
    """Returns the record of the version to run; {} if there is none or it is damaged."""
    try:
        with open(_NOTE) as f:
            d = json.load(f)
        return d if isinstance(d, dict) else {}
    except (OSError, ValueError):
        return {}


def save_note(d):
    write_json(_NOTE, d)


def write_json(path, d):
    """Writes d to a temporary file, then renames it: after a power cut, either the old or the new
    file exists."""
    with open(path + "~", "w") as f:
        json.dump(d, f)
    try:
        os.rename(path + "~", path)
    except OSError:  # FAT does not rename onto an existing file
        os.remove(path)
        os.rename(path + "~", path)


def _make(mqtt):
    from .app import App

    return App(sys.modules[__name__], mqtt)
