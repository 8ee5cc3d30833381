"""Blinks an LED. Its rate in Hz follows the topic mpy/<uid>/in/rate, and mpy/all/in/rate for all
boards; a message to the app sets it as well."""

import asyncio

import fleet
from machine import Pin

led = Pin(fleet.config.get("led", 2), Pin.OUT)
hz = fleet.config.get("hz", 1)


def set_rate(text):
    global hz
    hz = min(20, max(0.1, float(text)))
    fleet.publish("rate", hz)
    return "%s Hz" % hz


fleet.on_topic("rate", set_rate)
fleet.on_message(set_rate)


async def main():
    on = 0
    while True:
        on = 1 - on
        led.value(on)
        await asyncio.sleep(0.5 / hz)
