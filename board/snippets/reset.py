try:
    from machine import reset
except ImportError:
    from microcontroller import reset
reset()
