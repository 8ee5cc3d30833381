"""The board's own topics (docs/apps.md, "Topics"). Loaded only by apps that use them."""

import asyncio
import json


class Topics:
    """Receives messages on R/<uid>/in/NAME and R/all/in/NAME, and publishes on R/<uid>/out/NAME. R
    is the agent's root topic."""

    def __init__(self, app):
        if app.mqtt is None:
            raise RuntimeError("topics need the agent on the board")
        self.app = app
        self.own = app.ag.guard.topic[:-2].decode()
        self.root = self.own[: self.own[:-1].rfind("/") + 1]
        self.calls = {}
        app.mqtt.on_msg(self.heard)

    def on(self, name, f):
        if name not in self.calls:
            for start in (self.own, self.root + "all/"):
                asyncio.create_task(self.app.mqtt.client.subscribe(start + "in/" + name, 1))
        self.calls[name] = f

    def heard(self, topic, msg, retained, qos, dup):
        t = topic.decode().split("/in/")
        f = self.calls.get(t[-1])
        if f and len(t) == 2 and t[0] + "/" in (self.own, self.root + "all/"):
            try:
                f(msg.decode())
            except Exception as e:
                from .inbox import traced

                self.app.ag.log.error("topic", t[-1] + ": " + traced(e))

    def publish(self, name, data):
        text = data if isinstance(data, str) else json.dumps(data)
        c = self.app.mqtt.client
        return asyncio.create_task(c.publish(self.own + "out/" + name, text, False, 1))
