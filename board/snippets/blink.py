# Blinks the LED at the pin `given`, else the one that the firmware names, and prints True; prints
# False if there is neither. No pin is guessed, because a motor may be connected to it.
import time


def find():
    if given:
        from machine import Pin

        return Pin(int(given) if given.isdigit() else given, Pin.OUT)
    try:
        import pyb

        return pyb.LED(1)
    except (ImportError, AttributeError):
        pass
    try:
        from machine import Pin
    except ImportError:
        return None
    for name in ("LED", "LED_BUILTIN", "LED_GREEN", "LED_RED", "LED1"):
        try:
            return Pin(name, Pin.OUT)
        except Exception:  # the exception differs between ports
            pass
        try:
            return Pin(getattr(Pin.board, name), Pin.OUT)
        except Exception:
            pass
    for name in dir(getattr(Pin, "board", None)):
        # USER_LED and LED3 are LEDs; OLED_RST and LED_EN are not.
        if name[:3] == "LED" and name[3:].isdigit() or name[-4:] == "_LED":
            return Pin(getattr(Pin.board, name), Pin.OUT)
    return None


led = find()
print(led is not None)
for _ in range(8 if led else 0):
    led.on()
    time.sleep(0.2)
    led.off()
    time.sleep(0.2)
