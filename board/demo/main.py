# Runs whenever the demo board starts or is reset. Its LED on pin 2 is invisible, so it prints.
import time
from machine import Pin

led = Pin(2, Pin.OUT)
for _ in range(5):
    led.toggle()
    print("LED", "on" if led.value() else "off")
    time.sleep(0.3)

print("Type help() below, or edit main.py and reset the board.")
