"""publish and subscribe of the Client in the form that modules expect. Loaded when called
(util.Lazy)."""

import asyncio

from .link import subscriptions
from .wire import CONNECTING, UP


async def publish(c, topic, msg, retain=False, qos=0, sync=True):
    """Same call as in mqtt_async and mqtt_as: waits until connected, and with QoS 1 until the
    broker has the message."""
    topic = topic.encode() if isinstance(topic, str) else topic
    msg = msg.encode() if isinstance(msg, str) else msg
    while True:
        while c.state != UP:
            await asyncio.sleep_ms(100)
        done = []
        up = c.reconnects
        try:
            c.send(topic, msg, qos, retain, (lambda: done.append(1)) if qos else None)
        except OSError as e:
            if e.args[0] == 27:
                raise
            await asyncio.sleep_ms(10)
            continue
        while qos and sync and not done and c.reconnects == up and c.state == UP:
            await asyncio.sleep_ms(10)
        if done or not qos or not sync:
            return


async def subscribe(c, topic, qos=0):
    """Subscribes now and after every reconnection."""
    topic = topic.encode() if isinstance(topic, str) else topic
    c.subs.append((topic, qos))
    # During connecting, this filter may come too late for the connection's own subscriptions.
    while c.state == CONNECTING or (c.state == UP and not c.enter()):
        await asyncio.sleep_ms(10)
    if c.state == UP:
        try:
            subscriptions(c, ((topic, qos),))
        finally:
            c.leave()
