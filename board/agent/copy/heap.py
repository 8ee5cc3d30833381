"""Size of Python's heap on an ESP32 whose firmware reads it from non-volatile storage before
Python starts, like firmware for mqboard (README.md). Loaded only for that."""

from .util import Fail


def keep(new, old):
    """Stores the numbers of `new` by their names, and erases those of `old` that it lacks. They
    take effect at the next restart. Raises Fail on other ports."""
    try:
        import esp32

        nvs = esp32.NVS("micropython")
    except (ImportError, AttributeError):
        raise Fail("ENOSYS", "heap: only an ESP32 has such numbers")
    for name in old:
        if name not in new:
            try:
                nvs.erase_key(name)
            except OSError:
                pass  # it was erased already
    for name, n in new.items():
        nvs.set_i32(name, n)
    nvs.commit()
