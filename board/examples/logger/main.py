"""Measures temperature, humidity and the battery, sends them, and sleeps for the seconds that
"sleep" in app.json names. With a weak battery it sleeps four times as long."""

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
        data["sensor"] = repr(e)  # sent together with the battery's voltage
    fleet.send(data)
    if data["battery_v"] < WEAK_V:
        fleet.sleep(4 * fleet.interval("sleep"))
