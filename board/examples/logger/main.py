"""Measures temperature, humidity and the battery, sends them, and sleeps: "sleep" in app.json says
for how long. With a weak battery it sleeps four times as long."""

import fleet
from machine import ADC, Pin

WEAK_V = 3.4


async def main():
    pins = fleet.config
    data = {"battery_v": round(ADC(Pin(pins.get("battery", 35))).read_u16() / 65535 * 6.6, 2)}
    try:
        import dht

        sensor = dht.DHT22(Pin(pins.get("dht", 4)))
        sensor.measure()
        data["temperature_c"] = sensor.temperature()
        data["humidity"] = sensor.humidity()
    except (ImportError, OSError) as e:
        data["sensor"] = repr(e)  # the battery's voltage is sent even so
    fleet.send(data)
    if data["battery_v"] < WEAK_V:
        fleet.sleep(4 * fleet.interval("sleep"))
