# /mpyfleet_hal.py for tests: two firmware partitions in files, and a boot loader that rolls back
# like a chip's: an image that was activated but not confirmed is started once.
import json
import os

_STATE = "/chip.json"
_SIZE = 400 * 1024


def _load():
    try:
        with open(_STATE) as f:
            return json.load(f)
    except OSError:
        return {"boot": "ota_0", "valid": 1, "started": 0}


def _save(d):
    with open(_STATE, "w") as f:
        json.dump(d, f)


class Flash:
    def __init__(self):
        d = _load()
        if not d["valid"]:
            if d["started"]:
                d = {
                    "boot": "ota_1" if d["boot"] == "ota_0" else "ota_0",
                    "valid": 1,
                    "started": 0,
                }
            else:
                d["started"] = 1
            _save(d)
        self.running = d["boot"]
        self.next = "ota_1" if d["boot"] == "ota_0" else "ota_0"
        self.size = _SIZE
        self.path = "/" + self.next + ".bin"
        self.erased = set()
        try:
            os.stat(self.path)
        except OSError:
            open(self.path, "wb").close()

    def header(self):
        return b"\xe9\x05" + bytes(10) + b"\x09\x00\x00\x00"

    def erase(self, block):
        self.erased.add(block)

    def write(self, block, data):
        if block not in self.erased or len(data) != 4096:
            raise OSError(5)
        self.erased.remove(block)
        with open(self.path, "r+b") as f:
            f.seek(block * 4096)
            f.write(data)

    def read(self, offset, buf):
        with open(self.path, "rb") as f:
            f.seek(offset)
            f.readinto(buf)

    def activate(self):
        _save({"boot": self.next, "valid": 0, "started": 0})

    def confirm(self):
        d = _load()
        d["valid"] = 1
        _save(d)


def ota():
    return Flash()
